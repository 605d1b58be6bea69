/**
 * The limits that every store keeps. Lengths are counted in UTF-16 code units, as `String.length` does.
 * Passing one is an `AnnalsError` with the code `limit-exceeded` or, for a name, `invalid-argument`, and in an
 * event `invalid-event`.
 */
export const limits = {
  /** Length of a stream name. */
  streamNameLengthMax: 500,
  /** Length of an event type. */
  eventTypeLengthMax: 200,
  /** Length of an event id. */
  eventIdLengthMax: 200,
  /** Length of one tag. */
  tagLengthMax: 200,
  /** Tags on one event. */
  tagsMax: 64,
  /** Length of one event's data and of its metadata as JSON text. */
  jsonLengthMax: 64 * 1024 * 1024,
  /** Nesting of arrays and objects in data and metadata. */
  jsonDepthMax: 500,
  /** Events in one append, over all of its streams. */
  appendEventsMax: 100_000,
  /** Length of all data and metadata of one append as JSON text. */
  appendJsonLengthMax: 256 * 1024 * 1024,
  /** Items in an event query, and types and tags in one item. */
  queryItemsMax: 1_000,
} as const
