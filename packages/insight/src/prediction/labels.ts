/** Names as small numbers, in the order in which they first come. */
export class Labels {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []

  get count(): number {
    return this.#names.length
  }

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  nameOf(number: number): string {
    return this.#names[number] as string
  }
}
