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
  /** By the first place that they take a token from: only what is marked can make them fire. Under -1 those that take none. */
  readonly #byFirstPlace = new Map<number, number[]>()
  readonly #final: string
  readonly #known = new Map<string, Marking>()

  /** @throws AnnalsError `invalid-argument` for a net that names places or activities it cannot have */
  constructor(net: PetriNet) {
    assertPetriNet(net)
    const { placeCount, transitions, initialPlaces, finalPlaces } = net
    this.#transitions = transitions
    for (const [number, { from }] of transitions.entries()) {
      const same = this.#byFirstPlace.get(from[0] ?? -1)
      if (same) same.push(number)
      else this.#byFirstPlace.set(from[0] ?? -1, [number])
    }
    const marked = (places: readonly number[]) => {
      const tokens = new Uint16Array(placeCount)
      for (const place of places) tokens[place] = (tokens[place] as number) + 1
      return tokens
    }
    this.#final = nameOf(markedOf(marked(finalPlaces)), marked(finalPlaces))
    this.start = this.#marking(marked(initialPlaces))
  }

  /** How many markings have been found so far. */
  get size(): number {
    return this.#known.size
  }

  /** What can happen next, in the order of the transitions. */
  stepsOf(marking: Marking): readonly MarkingStep[] {
    if (marking.steps) return marking.steps
    const steps: MarkingStep[] = []
    for (const first of [-1, ...marking.marked])
      for (const transition of this.#byFirstPlace.get(first) ?? []) {
        const tokens = fired(marking.tokens, this.#transitions[transition] as Transition)
        if (tokens) steps.push({ transition, to: this.#marking(tokens) })
      }
    marking.steps = steps.sort((one, other) => one.transition - other.transition)
    return marking.steps
  }

  #marking(tokens: Uint16Array): Marking {
    const marked = markedOf(tokens)
    const name = nameOf(marked, tokens)
    const known = this.#known.get(name)
    if (known) return known
    const [number, isFinal] = [this.#known.size, name === this.#final]
    const marking: Marking = { number, tokens, marked, isFinal, steps: undefined }
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

function markedOf(tokens: Uint16Array): number[] {
  const marked: number[] = []
  for (let place = 0; place < tokens.length; place++) if (tokens[place] !== 0) marked.push(place)
  return marked
}

const nameOf = (marked: readonly number[], tokens: Uint16Array) => {
  let name = ''
  for (const place of marked) name += String.fromCharCode(place, tokens[place] as number)
  return name
}
