import { assertPetriNet } from '../petri-net/assert-petri-net.ts'
import type { PetriNet, Transition } from '../petri-net/petri-net.ts'

/** What happened to the tokens of a net while a case was replayed. */
export interface TokenReplay {
  readonly produced: number
  readonly consumed: number
  /** Had to be put there for an event to be possible, or were not there at the end. */
  readonly missing: number
  /** Were left at the end. */
  readonly remaining: number
  /** Events of activities that the net does not have. */
  readonly unknownEvents: number
  /** ½ (1 − missing / consumed) + ½ (1 − remaining / produced), from 0 to 1. */
  readonly fitness: number
}

/**
 * Replays a case on a net. An event for which tokens are missing gets them, and they are counted. Silent transitions fire
 * only where that makes the next event, or the end, possible: they are found by asking, from the places that lack a token
 * backwards, what could put one there. Where there is none of them to fire, the result is that of the measure's definition.
 *
 * Source: Rozinat, van der Aalst, "Conformance checking of processes based on monitoring real behavior", 2008.
 *
 * @throws AnnalsError `invalid-argument` for a net that names places or activities it cannot have
 */
export function replayTokens(net: PetriNet, activities: readonly string[]): TokenReplay {
  assertPetriNet(net)
  const replay = new Replay(net)
  for (const activity of activities) replay.take(activity)
  return replay.end()
}

class Replay {
  readonly #net: PetriNet
  #tokens: Int32Array
  #produced: number
  #consumed = 0
  #missing = 0
  #unknownEvents = 0

  constructor(net: PetriNet) {
    this.#net = net
    this.#tokens = new Int32Array(net.placeCount)
    for (const place of net.initialPlaces) this.#change(place, 1)
    this.#produced = net.initialPlaces.length
  }

  take(activity: string): void {
    const candidates = this.#net.transitions.filter((transition) => transition.activity === activity)
    const [first] = candidates
    if (!first) {
      this.#unknownEvents++
      return
    }
    for (const candidate of candidates)
      if (this.#makeMarked(candidate.from)) {
        this.#fire(candidate)
        return
      }
    for (const place of first.from) this.#supply(place)
    this.#fire(first)
  }

  end(): TokenReplay {
    const { finalPlaces } = this.#net
    this.#makeMarked(finalPlaces)
    for (const place of finalPlaces) {
      this.#supply(place)
      this.#change(place, -1)
    }
    this.#consumed += finalPlaces.length
    const remaining = this.#tokens.reduce((sum, tokens) => sum + tokens, 0)
    const [produced, consumed, missing] = [this.#produced, this.#consumed, this.#missing]
    const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
    const fitness = (1 - share(missing, consumed)) / 2 + (1 - share(remaining, produced)) / 2
    return { produced, consumed, missing, remaining, unknownEvents: this.#unknownEvents, fitness }
  }

  /** Fires silent transitions so that the places have tokens. If that cannot be, fires none. */
  #makeMarked(places: readonly number[]): boolean {
    const tokens = this.#tokens.slice()
    const fired: Transition[] = []
    const reach = (goals: readonly number[], tried: ReadonlySet<Transition>): boolean =>
      goals.every(
        (goal) => (tokens[goal] as number) > 0 || this.#producers(goal).some((way) => fire(way, tried)),
      ) &&
      // Reaching one place may have taken the token from another.
      goals.every((goal) => (tokens[goal] as number) > 0)
    const fire = (transition: Transition, tried: ReadonlySet<Transition>): boolean => {
      if (tried.has(transition)) return false
      const [before, count] = [tokens.slice(), fired.length]
      if (!reach(transition.from, new Set([...tried, transition]))) {
        tokens.set(before)
        fired.length = count
        return false
      }
      for (const place of transition.from) tokens[place] = (tokens[place] as number) - 1
      for (const place of transition.to) tokens[place] = (tokens[place] as number) + 1
      fired.push(transition)
      return true
    }
    if (!reach(places, new Set())) return false
    for (const transition of fired) this.#fire(transition)
    return true
  }

  #producers(place: number): readonly Transition[] {
    return this.#net.transitions.filter(({ activity, to }) => activity === undefined && to.includes(place))
  }

  #supply(place: number): void {
    if ((this.#tokens[place] as number) > 0) return
    this.#change(place, 1)
    this.#missing++
  }

  #fire({ from, to }: Transition): void {
    for (const place of from) this.#change(place, -1)
    for (const place of to) this.#change(place, 1)
    this.#consumed += from.length
    this.#produced += to.length
  }

  #change(place: number, by: number): void {
    this.#tokens[place] = (this.#tokens[place] as number) + by
  }
}
