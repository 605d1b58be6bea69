import type { Marking } from '../petri-net/marking-graph.ts'
import type { MarkingEquation } from './marking-equation.ts'

/**
 * Knows from which markings of a net the end cannot be reached, as far as the marking equation tells. What shows it of one
 * marking mostly shows it of many others.
 */
export class DeadEnds {
  readonly #equation: MarkingEquation
  readonly #asksPerLook: number
  /** What tokens on each place are worth, so that what is worth less than the end does not come there. */
  readonly #worths: { readonly ofPlaces: Float64Array; readonly ofEnd: number }[] = []
  /** By number of the marking. */
  readonly #known: Known[] = []

  /** A marking is looked at by itself when it has been asked for as often: a linear program takes as long as that. */
  constructor(equation: MarkingEquation, asksPerLook: number) {
    this.#equation = equation
    this.#asksPerLook = asksPerLook
  }

  /** Whether it is known that there is no way to the end from a marking, by now. */
  has(marking: Marking): boolean {
    let known = this.#known[marking.number]
    if (!known) {
      known = { isDead: false, worthsSeen: 0, timesAsked: 0 }
      this.#known[marking.number] = known
    }
    if (known.isDead) return true
    if (++known.timesAsked === this.#asksPerLook) this.look(marking)
    const { marked, tokens } = marking
    while (known.worthsSeen < this.#worths.length) {
      const { ofPlaces, ofEnd } = this.#worths[known.worthsSeen++] as {
        ofPlaces: Float64Array
        ofEnd: number
      }
      let worth = 0
      for (const place of marked) worth += (tokens[place] as number) * (ofPlaces[place] as number)
      if (ofEnd - worth <= tolerance) continue
      known.isDead = true
      return true
    }
    return false
  }

  /** Finds out what shows that there is no way to the end from a marking, if something does. */
  look({ tokens }: Marking): void {
    const ofPlaces = this.#equation.worthsShort(tokens)
    if (ofPlaces) this.#worths.push({ ofPlaces, ofEnd: this.#equation.worthOfEnd(ofPlaces) })
  }
}

interface Known {
  isDead: boolean
  worthsSeen: number
  timesAsked: number
}

const tolerance = 1e-6
