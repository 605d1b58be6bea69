import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OfferCourse, SubscribeStudent } from '../../test/courses.ts'
import { Room, Visits, VisitsOf, WhoSits } from '../../test/seat.ts'
import { TestSnapshots } from '../../test/snapshot-stores.ts'
import { tallyWith } from '../../test/tallies.ts'
import {
  createMemoryStore,
  createTenants,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
  inMemory,
  type Tenants,
  type TenantsOptions,
} from '../index.ts'
import { createMemoryReadModels } from '../projection/in-memory.ts'

const { OpenRoom, TakeSeat } = Room.commands
const modules = [Room, OfferCourse, SubscribeStudent, WhoSits, VisitsOf]
let store: EventStore
let tenants: Tenants

const tenantsOver = (over: EventStore, options: Partial<TenantsOptions> = {}) =>
  createTenants({ store: over, modules, ...options })

beforeEach(() => {
  store = createMemoryStore()
  tenants = tenantsOver(store)
})

const errorOf = (act: () => unknown) =>
  Promise.resolve()
    .then(act)
    .then(
      () => expect.fail('it did not fail'),
      (error: unknown) => error,
    )

describe('tenants', () => {
  test('each have an application of their own: commands, queries and read models', async () => {
    const [red, blue] = await Promise.all([tenants.of('red'), tenants.of('blue')])
    await red.execute(OpenRoom, 'room-1', { seats: 1 })
    await blue.execute(OpenRoom, 'room-1', { seats: 2 })
    const taken = await red.execute(TakeSeat, 'room-1', { by: 'Ada' })
    expect(taken).toMatchObject({ accepted: true, stream: 'room-1', events: [{ stream: 'room-1' }] })
    expect(await red.execute(TakeSeat, 'room-1', { by: 'Bob' })).toMatchObject({ code: 'room-full' })
    expect(await blue.query(WhoSits, { room: 'room-1' })).toMatchObject({ takenBy: [] })
    const waitFor = await store.head()
    expect(await red.query(VisitsOf, { person: 'Ada' }, { waitFor })).toBe(1)
    expect(await blue.query(VisitsOf, { person: 'Ada' }, { waitFor })).toBe(0)
    await tenants.close()
  })

  test('have rules across streams of their own, and command ids of their own', async () => {
    for (const tenant of ['red', 'blue']) {
      const app = await tenants.of(tenant)
      expect(await app.execute(OfferCourse, { course: 'c1', places: 1 }, { commandId: 'k1' })).toMatchObject({
        accepted: true,
        events: [{ type: 'CourseOffered' }],
      })
      expect(await app.execute(SubscribeStudent, { course: 'c1', student: 's1' })).toMatchObject({
        accepted: true,
        events: [{ tags: ['course:c1', 'student:s1'] }],
      })
    }
    const streams = await Array.fromAsync(store.streams(), ({ stream }) => stream)
    expect(streams).toEqual(['blue.$command-k1', 'blue.course-c1', 'red.$command-k1', 'red.course-c1'])
    expect(await store.stream('red.$command-k1')).toMatchObject({ retention: { maxAgeMs: 2_592_000_000 } })
  })

  test('are found by their callers, and the application of one lets in no caller of another', async () => {
    const red = await tenants.for({ id: 'u1', tenant: 'red' })
    expect(await tenants.of('red')).toBe(red)
    const open = (tenant: string | undefined) =>
      red.execute(OpenRoom, `room-${tenant}`, { seats: 1 }, { caller: { id: 'u1', tenant } })
    expect(await open('red')).toMatchObject({ accepted: true })
    expect(await open(undefined)).toMatchObject({ accepted: true })
    expect(await errorOf(() => open('blue'))).toMatchObject({ code: 'not-authorized' })
    expect(
      await errorOf(() => red.query(WhoSits, { room: 'room-red' }, { caller: { id: 'u1', tenant: 'blue' } })),
    ).toMatchObject({ code: 'not-authorized' })
    for (const caller of [undefined, { id: 'u2' }])
      expect(await errorOf(() => tenants.for(caller))).toMatchObject({
        code: 'not-authorized',
        details: { kind: 'tenant', callerId: caller?.id },
      })
  })

  test('are asked about by the application too, and both have to agree', async () => {
    const strict = tenantsOver(store, { authorize: ({ caller }) => caller?.id === 'u1' })
    const red = await strict.of('red')
    const open = (id: string) =>
      red.execute(OpenRoom, 'room-1', { seats: 1 }, { caller: { id, tenant: 'red' } })
    expect(await errorOf(() => open('u2'))).toMatchObject({ code: 'not-authorized' })
    expect(await open('u1')).toMatchObject({ accepted: true })
  })
})

describe('one tenant and the others', () => {
  test('keep their snapshots apart, and each closes its own', async () => {
    const Tally = tallyWith({ version: 1, everyEvents: 1 })
    const kept = { red: new TestSnapshots(), blue: new TestSnapshots() }
    const open = () =>
      createTenants({ store, modules: [Tally], snapshots: (tenant) => kept[tenant as 'red' | 'blue'] })
    let both = open()
    for (const [tenant, number] of [
      ['red', 1],
      ['blue', 2],
    ] as const)
      await (await both.of(tenant)).execute(Tally.commands.Add, 'tally-1', { number })
    await both.close()
    expect(kept.red.kept.get('tally-1')?.stateJson).toBe('{"numbers":[1]}')
    expect(kept.blue.kept.get('tally-1')?.stateJson).toBe('{"numbers":[2]}')
    expect([kept.red.isClosed, kept.blue.isClosed]).toEqual([true, true])
    // Should they ever be mixed up, the event at the end gives them away.
    kept.red = kept.blue
    both = open()
    expect(await (await both.of('red')).execute(Tally.commands.Show, 'tally-1', {})).toMatchObject({
      details: { numbers: [1] },
    })
    await both.close()
  })

  test('a tenant whose appends hang keeps no other from its commands', async () => {
    const hanging = new Proxy(store, {
      get(target, property) {
        if (property !== 'append') return (target[property as keyof EventStore] as () => unknown).bind(target)
        return (...given: Parameters<EventStore['append']>) =>
          JSON.stringify(given).includes('"red.') ? new Promise(() => {}) : target.append(...given)
      },
    })
    const apps = tenantsOver(hanging)
    const [red, blue] = await Promise.all([apps.of('red'), apps.of('blue')])
    let answered = false
    void red.execute(OpenRoom, 'room-1', { seats: 1 }).then(() => {
      answered = true
    })
    expect(await blue.execute(OpenRoom, 'room-1', { seats: 1 })).toMatchObject({ accepted: true })
    expect(answered).toBe(false)
  })

  test('an event that a projection of one tenant cannot handle is parked for that tenant alone', async () => {
    const Fragile = defineProjection({
      name: 'fragile',
      select: { category: 'room' },
      events: Room.events,
      readModel: inMemory(() => ({ taken: 0 })),
      retry: { attemptsMax: 1 },
      on: {
        SeatTaken: (model, { data }) => {
          if (data.by === 'Nobody') throw new Error('Nobody cannot sit.')
          model.taken++
        },
      },
    })
    const Taken = defineProjectedQuery({
      name: 'Taken',
      input: z.object({}),
      projection: Fragile,
      answer: ({ taken }) => taken,
    })
    const apps = tenantsOver(store, { modules: [Room, Taken] })
    const positions = new Map<string, number>()
    for (const [tenant, by] of [
      ['red', 'Nobody'],
      ['blue', 'Ada'],
    ] as const) {
      const app = await apps.of(tenant)
      await app.execute(OpenRoom, 'room-1', { seats: 1 })
      const taken = await app.execute(TakeSeat, 'room-1', { by })
      if (taken.accepted) positions.set(tenant, taken.position)
    }
    const ask = async (tenant: string) =>
      (await apps.of(tenant)).query(Taken, {}, { waitFor: positions.get(tenant) })
    expect([await ask('red'), await ask('blue')]).toEqual([0, 1])
    const parkedKeys = async (tenant: string) =>
      (await apps.of(tenant))
        .consumer('fragile')
        .parked()
        .map(({ key }) => key)
    expect([await parkedKeys('red'), await parkedKeys('blue')]).toEqual([['room-1'], []])
    await apps.close()
  })

  test('a tenant whose read models cannot be opened has no application yet, and may have one later', async () => {
    let fails = true
    const opened: string[] = []
    const apps = tenantsOver(store, {
      readModels: async (tenant) => {
        opened.push(tenant)
        if (tenant === 'red' && fails) throw new Error('no such directory')
        return [createMemoryReadModels()]
      },
    })
    await expect(apps.of('red')).rejects.toThrow('no such directory')
    expect(await apps.of('blue')).toBe(await apps.of('blue'))
    fails = false
    expect((await apps.of('red')).queries.size).toBe(2)
    expect(opened).toEqual(['red', 'blue', 'red'])
  })
})

describe('what is asked for at once, too much or too late', () => {
  test('the application of a tenant is made once, though many ask at the same time', async () => {
    const apps = await Promise.all(Array.from({ length: 10 }, () => tenants.of('red')))
    expect(new Set(apps).size).toBe(1)
  })

  test('no more tenants are in use than may be', async () => {
    const few = tenantsOver(store, { tenantsMax: 2 })
    await Promise.all(['a', 'b', 'a'].map((tenant) => few.of(tenant)))
    expect(await errorOf(() => few.of('c'))).toMatchObject({
      code: 'limit-exceeded',
      details: { limit: 'tenantsMax', max: 2, actual: 3 },
    })
  })

  test('what cannot be the name of a tenant is refused', async () => {
    for (const tenant of ['', 'a.b', 'a-b', '$a'])
      expect(await errorOf(() => tenants.of(tenant))).toMatchObject({ code: 'invalid-argument' })
  })

  test('closing ends all applications, leaves the store open, and lets none be made', async () => {
    const red = await tenants.of('red')
    await red.ready()
    await tenants.close()
    expect(await red.status()).toMatchObject([{ state: 'stopped' }])
    expect(await errorOf(() => red.execute(OpenRoom, 'room-1', { seats: 1 }))).toMatchObject({
      code: 'store-closed',
    })
    expect(await errorOf(() => tenants.of('red'))).toMatchObject({ code: 'store-closed' })
    expect(await store.head()).toBe(0)
  })

  test('a definition that cannot work is told of at the start', () => {
    expect(() => tenantsOver(store, { modules: [Visits, { ...Visits }] })).toThrow(
      /more than one projection named "visits"/,
    )
  })
})
