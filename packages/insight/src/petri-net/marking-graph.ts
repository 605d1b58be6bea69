import { AnnalsError } from '@annals/core'
import { assertPetriNet } from './assert-petri-net.ts'
import type { PetriNet, Transition } from './petri-net.ts'

/** How many tokens each place of a net has, and where that leads. */
export interface Marking {
  /** From 0, in the order in which they were found. */
  readonly number: number
  readonly tokens: Uint16Array
  /** The places that have tokens. */
  readonly marked: readonly number[]
  readonly isFinal: boolean
  /** Found when asked for. */
  steps: readonly MarkingStep[] | undefined
}

/** That a transition leads from one marking to another. */
export interface MarkingStep {
  /** Its place in `net.transitions`. */
  readonly transition: number
  readonly to: Marking
}

/**
 * The markings that a net can come to, found as they are asked for and each of them once. A net may have endlessly many, so
 * whoever walks on sets the limit.
 */
export class MarkingGraph {
  readonly start: Marking
  readonly #transitions: readonly Transition[]
  readonly #final: string
  readonly #known = new Map<string, Marking>()

  /** @throws AnnalsError `invalid-argument` for a net that names places or activities it cannot have */
  constructor(net: PetriNet) {
    assertPetriNet(net)
    const { placeCount, transitions, initialPlaces, finalPlaces } = net
    this.#transitions = transitions
    const marked = (places: readonly number[]) => {
      const tokens = new Uint16Array(placeCount)
      for (const place of places) tokens[place] = (tokens[place] as number) + 1
      return tokens
    }
    this.#final = nameOf(marked(finalPlaces))
    this.start = this.#marking(marked(initialPlaces))
  }

  /** How many markings have been found so far. */
  get size(): number {
    return this.#known.size
  }

  /** What can happen next, in the order of the transitions. */
  stepsOf(marking: Marking): readonly MarkingStep[] {
    marking.steps ??= this.#transitions.flatMap((transition, number) => {
      const tokens = fired(marking.tokens, transition)
      return tokens ? [{ transition: number, to: this.#marking(tokens) }] : []
    })
    return marking.steps
  }

  #marking(tokens: Uint16Array): Marking {
    const name = nameOf(tokens)
    const known = this.#known.get(name)
    if (known) return known
    const marked: number[] = []
    for (const [place, count] of tokens.entries()) if (count > 0) marked.push(place)
    const [number, isFinal] = [this.#known.size, name === this.#final]
    const marking = { number, tokens, marked, isFinal, steps: undefined }
    this.#known.set(name, marking)
    return marking
  }
}

/** The tokens after a transition; undefined if it lacks one. */
function fired(tokens: Uint16Array, { from, to }: Transition): Uint16Array | undefined {
  // Most cannot fire, and need no copy to find that out.
  for (const place of from) if (tokens[place] === 0) return undefined
  const next = tokens.slice()
  for (const place of from) {
    if (next[place] === 0) return undefined
    next[place] = (next[place] as number) - 1
  }
  for (const place of to) {
    if (next[place] === tokensMax)
      throw new AnnalsError(
        'limit-exceeded',
        `A place of a Petri net can hold ${tokensMax} tokens at most, but place ${place} gets more and more. Look for a transition that adds tokens which nothing takes.`,
        { limit: 'tokens on a place', max: tokensMax, actual: tokensMax + 1 },
      )
    next[place] = (next[place] as number) + 1
  }
  return next
}

const tokensMax = 0xffff

const nameOf = (tokens: Uint16Array) => String.fromCharCode(...tokens)
