/**
 * Place of an event in the whole log, strictly increasing. The first event is at a position greater than
 * `startOfLog`. Positions are compared; no arithmetic is done with them, since they may have gaps.
 */
export type Position = number

/** The position before every event: a checkpoint of one who has seen nothing yet. */
export const startOfLog: Position = 0
