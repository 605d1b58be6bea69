import { HttpError } from './http-error.ts'

/**
 * The parameters behind the `?` of an address. Whoever asks for one makes it known; `assertAllKnown` then refuses the
 * rest, so that a misspelt parameter is never passed over in silence.
 */
export class Parameters {
  readonly #values = new Map<string, string[]>()
  readonly #known = new Set<string>()

  /** @throws HttpError `bad-encoding` */
  constructor(search: string) {
    for (const part of search.replace(/^\?/, '').split('&')) {
      if (part === '') continue
      const equals = part.indexOf('=')
      const name = decode(equals === -1 ? part : part.slice(0, equals))
      const value = equals === -1 ? '' : decode(part.slice(equals + 1))
      const values = this.#values.get(name)
      if (values) values.push(value)
      else this.#values.set(name, [value])
    }
  }

  /** The values of a parameter that may be repeated; `undefined` if it is not there. */
  all(name: string): readonly string[] | undefined {
    this.#known.add(name)
    return this.#values.get(name)
  }

  /** The value of a parameter. @throws HttpError `invalid-parameter` if it is there more than once */
  one(name: string): string | undefined {
    const values = this.all(name)
    if (values === undefined || values.length === 1) return values?.[0]
    throw invalidParameter(name, 'to be given once', `${values.length} of it`)
  }

  /** A whole number from `min` to `max`. @throws HttpError `invalid-parameter` */
  wholeNumber(
    name: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
  ): number | undefined {
    const text = this.one(name)
    return text === undefined ? undefined : wholeNumber(name, text, { min, max })
  }

  /** One of several words. @throws HttpError `invalid-parameter` */
  word<const Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.one(name)
    if (text === undefined) return undefined
    const word = words.find((each) => each === text)
    if (word === undefined) throw invalidParameter(name, words.join(' or '), JSON.stringify(text))
    return word
  }

  /** The names that are there and that nobody has asked for. */
  rest(): readonly string[] {
    return [...this.#values.keys()].filter((name) => !this.#known.has(name))
  }

  /** @throws HttpError `invalid-parameter` naming the first parameter that nobody has asked for */
  assertAllKnown(): void {
    const [name] = this.rest()
    if (name === undefined) return
    const known = [...this.#known]
    const list = known.length > 0 ? `The parameters here are ${known.join(', ')}.` : 'There are none here.'
    throw new HttpError(
      'invalid-parameter',
      `There is no parameter ${JSON.stringify(name)} here. ${list} Check its name.`,
      { parameter: name, known },
    )
  }
}

/** A text as a whole number. @throws HttpError `invalid-parameter` */
export function wholeNumber(
  name: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  const upTo = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`
  throw invalidParameter(name, `a whole number from ${min} ${upTo}`, JSON.stringify(text))
}

/** The error for a parameter that is not of its form. */
export function invalidParameter(parameter: string, expected: string, received: string): HttpError {
  return new HttpError(
    'invalid-parameter',
    `The parameter ${parameter} cannot be used: expected ${expected}, but got ${shortened(received)}.`,
    { parameter, expected },
  )
}

/** A percent-encoded part of a path. @throws HttpError `bad-encoding` */
export function decodePathSegment(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(
      'bad-encoding',
      `${JSON.stringify(shortened(text))} in the address is not percent-encoded UTF-8. Write "%" itself as "%25".`,
      { part: shortened(text) },
    )
  }
}

function decode(text: string): string {
  return decodePathSegment(text.replaceAll('+', ' '))
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
