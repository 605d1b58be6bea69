import { type App, type AppOptions, createApp } from '../app.ts'
import type { Caller } from '../caller.ts'
import type { SnapshotStore } from '../command/snapshot.ts'
import { Defined, type Definitions, definitionsOf } from '../definitions.ts'
import { AnnalsError } from '../errors.ts'
import type { GroupCoordinator } from '../group/coordinator.ts'
import type { ReadModelStore } from '../projection/read-model.ts'
import type { EventStore } from '../store/event-store.ts'
import { assertTenantName } from './tenant-name.ts'
import { tenantStore } from './tenant-store.ts'

/** What `createTenants` is given: an application, and where what is kept for each tenant is kept. */
export interface TenantsOptions extends Omit<AppOptions, 'readModels' | 'snapshots' | 'coordinator'> {
  /** Where read models other than `inMemory` ones of one tenant are kept; those of two tenants may not be the same. */
  readonly readModels?: (tenant: string) => readonly ReadModelStore[] | Promise<readonly ReadModelStore[]>
  /** Where the snapshots of one tenant are kept; those of two tenants may not be the same. */
  readonly snapshots?: (tenant: string) => SnapshotStore | Promise<SnapshotStore>
  /** What the workers of one tenant's consumer groups share; those of two tenants may not be the same. */
  readonly coordinator?: (tenant: string) => GroupCoordinator | Promise<GroupCoordinator>
  /** How many tenants may be in use at once. Default: 10,000. */
  readonly tenantsMax?: number
}

/** One application for several tenants that share a store, and nothing else. */
export interface Tenants extends Definitions {
  /** The store that they share, with the events of all. */
  readonly store: EventStore

  /**
   * The application of one tenant, which begins to work when it is first asked for. It lets in no caller of another tenant.
   *
   * @throws AnnalsError `invalid-argument` if it is no name of a tenant, `limit-exceeded`, and what `readModels`, `snapshots` and `coordinator` throw
   */
  of(tenant: string): Promise<App>

  /** The application of the tenant of a caller. @throws AnnalsError `not-authorized` if the caller has none, and as `of` */
  for(caller: Caller | undefined): Promise<App>

  /** Closes the applications of all tenants. The shared store is left open. */
  close(): Promise<void>
}

/**
 * Gives each tenant an application of its own over its part of a store (see `tenantStore`), all of the same definitions.
 * What a tenant does, or what fails for it, is nothing to the others.
 *
 * @throws AnnalsError `invalid-definition` if the application is defined wrongly
 */
export function createTenants(options: TenantsOptions): Tenants {
  return new TenantApps(options)
}

class TenantApps extends Defined implements Tenants {
  readonly store: EventStore
  readonly #options: TenantsOptions
  readonly #apps = new Map<string, Promise<TenantApp>>()
  #closed = false

  constructor(options: TenantsOptions) {
    super(definitionsOf(options.modules))
    this.store = options.store
    this.#options = options
  }

  async of(tenant: string): Promise<App> {
    if (this.#closed) throw new AnnalsError('store-closed', 'The application has been closed.', {})
    assertTenantName(tenant)
    const known = this.#apps.get(tenant)
    if (known) return (await known).app
    this.#assertRoom()
    const opening = this.#open(tenant)
    this.#apps.set(tenant, opening)
    try {
      return (await opening).app
    } catch (error) {
      // The next one who asks may have more luck.
      this.#apps.delete(tenant)
      throw error
    }
  }

  async for(caller: Caller | undefined): Promise<App> {
    if (caller?.tenant !== undefined) return this.of(caller.tenant)
    const who = caller ? `The caller ${JSON.stringify(caller.id)}` : 'A caller of whom nothing is known'
    throw new AnnalsError(
      'not-authorized',
      `${who} is of no tenant, and everything here belongs to one. Ask as somebody who is of a tenant.`,
      { kind: 'tenant', name: '', callerId: caller?.id },
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(
      [...this.#apps.values()].map(async (opening) => {
        const opened = await opening.catch(() => undefined)
        await opened?.app.close()
        await opened?.store.close()
      }),
    )
  }

  async #open(tenant: string): Promise<TenantApp> {
    const { readModels, snapshots, coordinator, tenantsMax: _, authorize, ...options } = this.#options
    const store = tenantStore(this.store, tenant)
    const app = createApp({
      ...options,
      store,
      readModels: (await readModels?.(tenant)) ?? [],
      ...(snapshots && { snapshots: await snapshots(tenant) }),
      ...(coordinator && { coordinator: await coordinator(tenant) }),
      authorize: (request) => {
        const of = request.caller?.tenant
        return (of === undefined || of === tenant) && (authorize?.(request) ?? true)
      },
    })
    return { app, store }
  }

  #assertRoom(): void {
    const max = this.#options.tenantsMax ?? 10_000
    const actual = this.#apps.size + 1
    if (actual <= max) return
    throw new AnnalsError(
      'limit-exceeded',
      `There can be at most ${max} tenants in use at once, but this would be one more. Raise tenantsMax, or let another process have some.`,
      { limit: 'tenantsMax', max, actual },
    )
  }
}

interface TenantApp {
  readonly app: App
  readonly store: EventStore
}
