import type { Caller } from '@annals/core'
import type { Role } from './roles.ts'

/**
 * The people of the clinic, by the token that each sends. These stand for whatever says who someone is in a real clinic:
 * a reverse proxy, a signed token, a directory. Nothing else in the application would change.
 */
const staff: { readonly [token: string]: { readonly id: string; readonly roles: readonly Role[] } } = {
  'token-rosa': { id: 'rosa', roles: ['reception'] },
  'token-nils': { id: 'nils', roles: ['nurse'] },
  'token-dana': { id: 'dana', roles: ['physician'] },
  'token-lea': { id: 'lea', roles: ['laboratory'] },
  'token-paul': { id: 'paul', roles: ['privacy-officer'] },
}

/** Who sends a request: `Authorization: Bearer token-dana`. */
export function identify(request: Request): Caller | undefined {
  const token = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  return token !== undefined && Object.hasOwn(staff, token) ? staff[token] : undefined
}
