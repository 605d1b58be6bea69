import type { Caller } from '@annals/core'

/** What people do in the clinic; a caller may have several roles. */
export type Role = 'reception' | 'nurse' | 'physician' | 'laboratory' | 'privacy-officer'

/** Lets those through who have one of these roles. For `authorize` of commands and queries. */
export function only(...roles: readonly Role[]): (caller: Caller | undefined) => boolean {
  return (caller) => roles.some((role) => caller?.roles?.includes(role))
}

/** The id of someone who was let through by a role, and so is known. */
export function idOf(caller: Caller | undefined): string {
  if (caller) return caller.id
  throw new Error('Nobody without a role is let through, and nobody has a role who is not known.')
}
