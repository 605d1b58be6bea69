/**
 * A Petri net with a beginning and an end: a transition takes a token from each place before it and puts one on each
 * place after it. Places are numbered from 0.
 */
export interface PetriNet {
  readonly placeCount: number
  readonly transitions: readonly Transition[]
  /** The places that have a token at first; one that has several is there as often. */
  readonly initialPlaces: readonly number[]
  /** The places that have a token at the end, and no other has; one that has several is there as often. */
  readonly finalPlaces: readonly number[]
}

export interface Transition {
  /** None: a silent transition, of which a log shows nothing. */
  readonly activity?: string | undefined
  /** The places before it. */
  readonly from: readonly number[]
  /** The places after it. */
  readonly to: readonly number[]
}

/** A Petri net in the language of Graphviz, for drawing. */
export function dotOfPetriNet({ placeCount, transitions, initialPlaces, finalPlaces }: PetriNet): string {
  const places = Array.from({ length: placeCount }, (_, place) => {
    const label = initialPlaces.includes(place) ? '●' : ''
    return `  p${place} [shape=${finalPlaces.includes(place) ? 'doublecircle' : 'circle'} label="${label}"]`
  })
  const boxes = transitions.map(({ activity }, number) =>
    activity === undefined
      ? `  t${number} [shape=box style=filled fillcolor=black label="" width=0.1]`
      : `  t${number} [shape=box label="${activity.replace(/["\\]/g, '\\$&')}"]`,
  )
  const arcs = transitions.flatMap(({ from, to }, number) => [
    ...from.map((place) => `  p${place} -> t${number}`),
    ...to.map((place) => `  t${number} -> p${place}`),
  ])
  return ['digraph {', '  rankdir=LR', ...places, ...boxes, ...arcs, '}', ''].join('\n')
}
