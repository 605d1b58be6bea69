/** Places of cases, a bit for each, so that what two sets have in common is counted 32 at a time. */
export class CaseSet {
  readonly #bits: Uint32Array
  size = 0

  constructor(caseCount: number) {
    this.#bits = new Uint32Array(Math.ceil(caseCount / 32))
  }

  add(place: number): void {
    const [word, bit] = [place >>> 5, 1 << (place & 31)]
    const known = this.#bits[word] as number
    if ((known & bit) !== 0) return
    this.#bits[word] = known | bit
    this.size++
  }

  /** How many are in both. */
  sizeWith(other: CaseSet): number {
    let count = 0
    for (let word = 0; word < this.#bits.length; word++)
      count += bitsIn((this.#bits[word] as number) & (other.#bits[word] as number))
    return count
  }
}

/** Source: H. S. Warren, Hacker's Delight, 2002, section 5-1. */
function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555)
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
