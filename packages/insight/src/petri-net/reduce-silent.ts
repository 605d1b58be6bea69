import type { PetriNet, Transition } from './petri-net.ts'

/**
 * A net that allows the same sequences of activities with fewer silent transitions and places, and so has fewer markings. It
 * never has more transitions.
 *
 * - A silent transition that puts one token on one place may as well wait until something takes that token, which then takes
 *   what the silent one would have taken.
 * - If nothing takes tokens from a place but one silent transition that takes nothing else, that may as well fire at once,
 *   so what puts a token there puts what the silent one would have put.
 * - What takes a token that nothing puts, or puts one that nothing takes, is on no way to the end.
 *
 * Source: Berthelot, "Transformations and decompositions of nets", 1987 (agglomeration); Murata, "Petri nets: properties,
 * analysis and applications", 1989.
 */
export function reduceSilent(net: PetriNet): PetriNet {
  const reduction = new Reduction(net)
  reduction.run()
  return reduction.net()
}

class Reduction {
  readonly #initialPlaces: readonly number[]
  readonly #finalPlaces: readonly number[]
  /** By what they are: none is there twice. */
  readonly #transitions = new Map<string, Transition>()
  /** By place: what takes tokens from it, and what puts tokens there. */
  readonly #takers: readonly Set<Transition>[]
  readonly #givers: readonly Set<Transition>[]
  /** Silent transitions that go in a circle would wait for each other for ever. */
  #additionsLeft: number

  constructor({ placeCount, transitions, initialPlaces, finalPlaces }: PetriNet) {
    this.#initialPlaces = initialPlaces
    this.#finalPlaces = finalPlaces
    this.#takers = Array.from({ length: placeCount }, () => new Set())
    this.#givers = Array.from({ length: placeCount }, () => new Set())
    this.#additionsLeft = transitions.length * (1 + additionsPerTransition)
    for (const transition of transitions) this.#add(transition)
    this.#removeIdleAround([...Array(placeCount).keys()])
  }

  run(): void {
    // What is added while they are walked through is walked through as well.
    for (const transition of this.#transitions.values()) {
      if (transition.activity !== undefined || this.#additionsLeft <= 0) continue
      if (this.#canWait(transition)) this.#letWait(transition)
      else if (this.#canFireAtOnce(transition)) this.#fireAtOnce(transition)
    }
  }

  net(): PetriNet {
    const numbers = new Map<number, number>()
    const renumbered = (places: readonly number[]) =>
      places.map((place) => {
        const number = numbers.get(place) ?? numbers.size
        numbers.set(place, number)
        return number
      })
    const initialPlaces = renumbered(this.#initialPlaces)
    const transitions = [...this.#transitions.values()].map(({ activity, from, to }) => ({
      activity,
      from: renumbered(from),
      to: renumbered(to),
    }))
    const finalPlaces = renumbered(this.#finalPlaces)
    return { placeCount: numbers.size, transitions, initialPlaces, finalPlaces }
  }

  #canWait({ from, to }: Transition): boolean {
    const [place, ...others] = to
    if (place === undefined || others.length > 0) return false
    if (from.includes(place) || this.#finalPlaces.includes(place)) return false
    const takers = this.#takers[place] as Set<Transition>
    const isOnlyGiver = this.#givers[place]?.size === 1 && !this.#initialPlaces.includes(place)
    if (takers.size > 1 && !isOnlyGiver) return false
    return [...takers].every((taker) => taker.from.indexOf(place) === taker.from.lastIndexOf(place))
  }

  #letWait(transition: Transition): void {
    const place = transition.to[0] as number
    const takers = [...(this.#takers[place] as Set<Transition>)]
    this.#remove(transition)
    for (const { activity, from, to } of takers)
      this.#add({ activity, from: [...from.filter((other) => other !== place), ...transition.from], to })
    this.#removeIdleAround([place])
  }

  #canFireAtOnce({ from, to }: Transition): boolean {
    const [place, ...others] = from
    if (place === undefined || others.length > 0 || to.includes(place)) return false
    return (
      this.#takers[place]?.size === 1 &&
      !this.#initialPlaces.includes(place) &&
      !this.#finalPlaces.includes(place)
    )
  }

  #fireAtOnce(transition: Transition): void {
    const place = transition.from[0] as number
    this.#remove(transition)
    for (const giver of [...(this.#givers[place] as Set<Transition>)]) {
      this.#remove(giver)
      const { activity, from, to } = giver
      this.#add({ activity, from, to: to.flatMap((other) => (other === place ? transition.to : [other])) })
    }
  }

  #removeIdleAround(around: number[]): void {
    // What is added while they are walked through is walked through as well.
    for (const place of around) {
      const takers = this.#takers[place] as Set<Transition>
      const givers = this.#givers[place] as Set<Transition>
      const neverGets = givers.size === 0 && !this.#initialPlaces.includes(place)
      const neverGives = takers.size === 0 && !this.#finalPlaces.includes(place)
      for (const idle of [...(neverGets ? takers : []), ...(neverGives ? givers : [])]) {
        this.#remove(idle)
        around.push(...idle.from, ...idle.to)
      }
    }
  }

  #add({ activity, from, to }: Transition): void {
    const added = { activity, from: from.toSorted(byNumber), to: to.toSorted(byNumber) }
    const key = keyOf(added)
    const doesNothing = activity === undefined && `${added.from}` === `${added.to}`
    if (doesNothing || this.#transitions.has(key)) return
    this.#transitions.set(key, added)
    this.#additionsLeft--
    for (const place of from) this.#takers[place]?.add(added)
    for (const place of to) this.#givers[place]?.add(added)
  }

  #remove(transition: Transition): void {
    this.#transitions.delete(keyOf(transition))
    for (const place of transition.from) this.#takers[place]?.delete(transition)
    for (const place of transition.to) this.#givers[place]?.delete(transition)
  }
}

const additionsPerTransition = 4
const byNumber = (one: number, other: number) => one - other
const keyOf = ({ activity, from, to }: Transition) => JSON.stringify([activity, from, to])
