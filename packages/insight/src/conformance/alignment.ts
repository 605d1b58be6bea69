/**
 * One step of an alignment: done as the model has it (`both`), done though the model does not have it there (`log`), or
 * not done though the model has it there (`model`).
 */
export interface Move {
  readonly kind: 'both' | 'log' | 'model'
  readonly activity: string
}

export interface Alignment {
  /** How many moves are not `both`: the fewest possible. */
  readonly cost: number
  /** 1 if the case fits, 0 if nothing of it does: 1 − cost / (events of the case + events of the shortest way through). */
  readonly fitness: number
  readonly moves: readonly Move[]
}
