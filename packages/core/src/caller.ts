import type { JsonObject } from './json.ts'

/** Who asks for something, as told by whoever lets requests in. */
export interface Caller {
  readonly id: string
  readonly roles?: readonly string[] | undefined
  /** The tenant on whose behalf, where one store serves several. */
  readonly tenant?: string | undefined
  /** What else is known of the caller. */
  readonly claims?: JsonObject | undefined
}
