import { createMemoryStore, createTenants, type EventStore } from '@annals/core'
import { duration } from '@annals/insight'
import { afterEach, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.ts'
import { findingNames } from '../src/insight-routes.ts'
import { call } from './call.ts'
import { Room, roomApp } from './room.ts'
import { openSse } from './sse-client.ts'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.close()
})

function open(options: ServerOptions = { insight: {} }) {
  const app = roomApp()
  const server = createServer(app, options)
  running.push({ close: () => server.close({ graceMs: 0 }) })
  const note = (stream: string, ...types: string[]) =>
    app.append({ stream, events: types.map((type) => ({ type, data: { text: type } })) })
  return { app, server, note }
}

test('every finding is told, with how far the log was read', async () => {
  const { server, note } = open()
  for (let i = 0; i < 20; i++) await note(`note-${i}`, 'Noted', 'Read', ...(i % 4 === 0 ? ['Torn'] : []))
  const map = await call(server, 'GET /insight/map')
  expect(map).toMatchObject({
    status: 200,
    body: {
      position: 45,
      isCaughtUp: true,
      found: { cases: 20, edges: [{ from: 'Noted', to: 'Read', events: 20 }, { to: 'Torn' }] },
    },
  })
  for (const finding of findingNames)
    expect(await call(server, `GET /insight/${finding}`), finding).toMatchObject({
      status: 200,
      body: { position: 45, found: expect.anything() },
    })
  const rules = await call(server, 'GET /insight/rules')
  expect(rules.body.found).toContainEqual(
    expect.objectContaining({ rule: { template: 'response', a: 'Noted', b: 'Read' }, confidence: 1 }),
  )
})

test('who does what, how much is under way and what is done at once are told, each at its address', async () => {
  const { app, server } = open({
    insight: {
      atMs: ({ data }) => (data as { atMs: number }).atMs,
      isLast: ({ activity }) => activity === 'Read',
      utcOffsetMinutes: 120,
      rateWindowMs: 3_600_000,
    },
  })
  const hourMs = 3_600_000
  for (let i = 0; i < 30; i++) {
    const atMs = i * hourMs
    const event = (type: string, minutes: number, resource: string) => ({
      type,
      data: { atMs: atMs + minutes * 60_000, startMs: atMs + (minutes - 2) * 60_000, resource },
    })
    for (const name of ['a', 'b'])
      await app.append({
        stream: `note-${name}${i}`,
        events: [event('Noted', 5, 'Ann'), event('Torn', 7, 'Bob'), event('Read', 9, 'Ann')],
      })
  }
  const burst = Array.from({ length: 20 }, () => ({
    type: 'Asked',
    data: { atMs: 30 * hourMs, resource: 'Cyd' },
  }))
  await app.append({ stream: 'note-late', events: burst })
  await app.append({
    stream: 'note-end',
    events: [{ type: 'Asked', data: { atMs: 31 * hourMs, resource: 'Cyd' } }],
  })
  const found = async (finding: string) => (await call(server, `GET /insight/${finding}`)).body
  expect(await found('service-times')).toMatchObject({
    total: 3,
    found: [
      { activity: 'Noted', waiting: { count: 0 }, service: { count: 60, meanMs: 120_000 } },
      { activity: 'Read', waiting: { count: 60, totalMs: 0 } },
      { activity: 'Torn' },
    ],
  })
  expect(await found('workload')).toMatchObject({
    found: { intervalMs: 600_000, meanDurationMs: (60 * 4 * 60_000) / 62, littleRatio: expect.closeTo(1, 9) },
  })
  expect((await found('busy-hours')).found.byHour.slice(0, 3)).toEqual([6, 6, 12])
  const batches = await found('batches')
  expect(batches.total).toBe(90)
  expect(batches.found[0]).toMatchObject({ cases: 2, events: 2, kind: 'simultaneous', sources: [1, 4] })
  expect((await found('roles')).found).toMatchObject([
    { activities: ['Noted', 'Read'], resources: [{ resource: 'Ann', events: 120 }] },
    { activities: ['Torn'] },
    { activities: ['Asked'] },
  ])
  expect((await found('collaborations')).found).toEqual([
    { one: 'Ann', other: 'Bob', cases: 60, share: 60 / 62 },
  ])
  expect((await found('subcontracts')).found).toEqual([{ from: 'Ann', to: 'Bob', events: 60 }])
  expect((await found('task-similarities')).found).toMatchObject([
    { one: 'Bob', other: 'Cyd' },
    { one: 'Ann', other: 'Bob' },
    { one: 'Ann', other: 'Cyd' },
  ])
  const rates = (await found('unusual-rates')).found
  expect(rates.map(({ why }: { why: string }) => why)).toEqual([
    '"Asked" was 20 times; mostly it is 0 times.',
    '"Noted" was 0 times; mostly it is 2 times.',
    '"Read" was 0 times; mostly it is 2 times.',
    '"Torn" was 0 times; mostly it is 2 times.',
  ])
  expect(rates[0].sources[0]).toBe(181)
})

test('a list is as long as is asked for, and says how much there is', async () => {
  const { server, note } = open()
  for (const [i, type] of ['A', 'B', 'C'].entries()) await note(`note-${i}`, type)
  const { body } = await call(server, 'GET /insight/variants?limit=2')
  expect(body).toMatchObject({ total: 3, found: [{ activities: ['A'] }, { activities: ['B'] }] })
  expect((await call(server, 'GET /insight/variants?limit=0')).body.code).toBe('invalid-parameter')
})

test('what was recorded after the first answer is in the next, and what Annals keeps for itself is in none', async () => {
  const { app, server, note } = open()
  expect((await call(server, 'GET /insight/map')).body.found.cases).toBe(0)
  await note('note-1', 'Noted')
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: 3_600_000, id: 'later' })
  await expect
    .poll(async () => (await call(server, 'GET /insight/map')).body)
    .toMatchObject({ position: 2, found: { cases: 1, activities: [{ activity: 'Noted' }] } })
  await app.close()
})

test('what Annals keeps for itself is looked at only where it is named', async () => {
  const app = roomApp()
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: 3_600_000, id: 'later' })
  const [scheduled] = await Array.fromAsync(app.store.read({ stream: '$schedule-later' }))
  if (!scheduled) expect.unreachable()
  for (const [select, cases] of [
    [{ query: [{ types: [scheduled.type] }] }, 0],
    [{ category: '$schedule' }, 1],
    [{ stream: '$schedule-later' }, 1],
  ] as const) {
    const server = createServer(app, { insight: { select } })
    expect((await call(server, 'GET /insight/map')).body.found.cases).toBe(cases)
    await server.close()
  }
  await app.close()
})

test('an open case is foretold, and of one that is not open nothing is', async () => {
  const { server, note } = open({ insight: { isLast: ({ activity }) => activity === 'Read' } })
  for (let i = 0; i < 30; i++) await note(`note-${i}`, 'Noted', 'Read')
  await note('note-a/b', 'Noted')
  const { body } = await call(server, 'GET /insight/predictions/note-a%2Fb')
  expect(body.found).toMatchObject({ case: 'note-a/b', nextAccuracy: { scored: 60 } })
  expect(body.found.next[0]).toMatchObject({ name: 'Read' })
  for (const name of ['note-1', 'never'])
    expect(await call(server, `GET /insight/predictions/${name}`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-finding' },
    })
})

test('a finding is sent as it changes, and not again while it stays as it was', async () => {
  const { server, note } = open({ insight: { pauseMs: 1, isLast: ({ activity }) => activity === 'Read' } })
  const { url } = await server.listen()
  const [map, prediction] = [
    await openSse(`${url}/insight/map`),
    await openSse(`${url}/insight/predictions/note-1`),
  ]
  expect(map.headers).toMatchObject({ 'content-type': 'text/event-stream' })
  const [maps, predictions] = [map[Symbol.asyncIterator](), prediction[Symbol.asyncIterator]()]
  const next = async (messages: typeof maps) => JSON.parse((await messages.next()).value.data)
  expect(await next(maps)).toMatchObject({ position: 0, found: { cases: 0 } })
  expect(await next(predictions)).toMatchObject({ found: null })
  await note('note-1', 'Noted')
  expect(await next(maps)).toMatchObject({ position: 1, found: { cases: 1 } })
  expect(await next(predictions)).toMatchObject({ found: { case: 'note-1' } })
  await note('note-1', 'Read')
  expect(await next(predictions)).toMatchObject({ found: null })
  // What has nothing to do with the case changes nothing about it, so the next message is of the next change.
  await note('note-2', 'Other')
  await note('note-1', 'Noted')
  expect(await next(predictions)).toMatchObject({ found: { case: 'note-1' } })
  await server.close({ graceMs: 0 })
  expect((await predictions.next()).done).toBe(true)
})

test('the workload is not sent again while it stays as it was', async () => {
  const { app, server } = open({
    insight: { pauseMs: 1, atMs: ({ data }) => (data as { atMs: number }).atMs },
  })
  const { url } = await server.listen()
  const messages = (await openSse(`${url}/insight/workload`))[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await messages.next()).value.data)
  const note = (stream: string, atMs: number) =>
    app.append({ stream, events: [{ type: 'Noted', data: { atMs } }] })
  expect(await next()).toMatchObject({ position: 0, found: { intervals: [] } })
  await note('note-1', 5_000)
  expect(await next()).toMatchObject({ position: 1, found: { intervals: [{ fromMs: 5_000, arrived: 1 }] } })
  // A second event at the same moment is no more work under way, so the next message is of the one after it.
  await note('note-1', 5_000)
  await expect.poll(async () => (await call(server, 'GET /insight/map')).body.position).toBe(2)
  await note('note-2', 5_000)
  expect(await next()).toMatchObject({ position: 3, found: { intervals: [{ fromMs: 5_000, arrived: 2 }] } })
})

test('what is no finding is refused with those there are, also where none is looked for', async () => {
  const { server } = open()
  expect(await call(server, 'GET /insight/gossip')).toMatchObject({
    status: 404,
    body: { code: 'unknown-finding', details: { known: findingNames } },
  })
  const closed = open({}).server
  const { status, body } = await call(closed, 'GET /insight/map')
  expect({ status, code: body.code }).toEqual({ status: 404, code: 'unknown-finding' })
  expect(body.detail).toContain('give `insight` to createServer')
})

test('cases are told as is asked, and a function that fails is a failure of the server', async () => {
  const { server, note } = open({ insight: { cases: ({ data }) => (data as { text: string }).text } })
  await note('note-1', 'A', 'B', 'A')
  expect((await call(server, 'GET /insight/map')).body.found).toMatchObject({ cases: 2 })
  const errors: unknown[] = []
  const broken = open({
    insight: {
      cases: () => {
        throw new Error('broken')
      },
    },
    onError: (error) => errors.push(error),
  })
  await broken.note('note-1', 'A')
  expect((await call(broken.server, 'GET /insight/map')).status).toBe(500)
  expect(errors).toMatchObject([{ message: 'broken' }])
})

test('each tenant sees what its own history shows', async () => {
  const tenants = createTenants({ store: createMemoryStore(), modules: [Room] })
  const server = createServer(tenants, {
    identify: (request) => ({ id: 'Ada', tenant: request.headers.get('x-tenant') ?? '' }),
    mayOperate: () => true,
    insight: {},
  })
  const as = (tenant: string) => ({ 'x-tenant': tenant })
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, as('red'))
  await call(server, 'POST /commands/OpenRoom/room-2', { seats: 1 }, as('red'))
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, as('blue'))
  const cases = async (tenant: string) =>
    (await call(server, 'GET /insight/map', undefined, as(tenant))).body.found.cases
  expect([await cases('red'), await cases('blue')]).toEqual([2, 1])
  await server.close()
})

/** A store that counts how often each of its methods was called. */
function counting(store: EventStore) {
  const calls = new Map<string, number>()
  const counted = new Proxy(store, {
    get(target, name: keyof EventStore) {
      const method = target[name]
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1)
        return (method as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  return { store: counted, calls: (name: keyof EventStore) => calls.get(name) ?? 0 }
}

test('what was hidden is in no finding, whether by a tombstone, a truncation or retention', async () => {
  let nowMs = 0
  const app = roomApp({ store: createMemoryStore({ clock: () => nowMs }) })
  const server = createServer(app, {
    insight: {
      hiddenMsMax: 0,
      outcome: duration,
      resource: 'by',
      falseAlarmRate: 0.5,
      isLast: ({ activity }) => activity === 'Read',
    },
  })
  // The events of the first four are hidden, each in a way of its own; they are slow, so that findings tell of them.
  const readers = ['tombstoned', 'truncated', 'expired', 'crowded', 'nobody', 'somebody']
  const note = async (stream: string, type: string, by: string, afterMs: number) => {
    nowMs += afterMs
    await app.append({ stream, events: [{ type, data: { by } }] })
  }
  for (let i = 0; i < 240; i++) {
    const by = readers[i % readers.length] as string
    const isSlow = i % readers.length < 4
    await note(`${by}-${i}`, 'Noted', by, 10)
    if (i % 3 === 0) await note(`${by}-${i}`, 'Torn', by, 10)
    // The latest few stay open.
    if (i < 230) await note(`${by}-${i}`, 'Read', by, isSlow ? 2_000 : 10)
  }
  await call(server, 'GET /insight/rules')
  // These break a rule, and are told with the event.
  for (const by of readers) await note(`${by}-odd`, 'Read', by, 10)
  const all = async () => {
    const texts: string[] = []
    for (const finding of findingNames)
      texts.push((await call(server, `GET /insight/${finding}?limit=10000`)).text)
    return texts.join('\n')
  }
  const before = await all()
  for (const by of readers) expect(before).toContain(`"${by}"`)
  for await (const { stream, category, revision } of app.store.streams()) {
    if (category === 'tombstoned') await app.store.tombstone(stream)
    if (category === 'truncated') await app.store.truncate(stream, { beforeRevision: Math.max(1, revision) })
  }
  const hidden = new Set(['tombstoned', 'truncated', 'expired'])
  await app.store.retain({ category: 'expired' }, { maxAgeMs: 1 })
  nowMs += 10
  await app.store.retain({ category: 'crowded' }, { maxCount: 1 })
  const after = await all()
  for (const by of hidden) expect(after).not.toContain(`"${by}"`)
  // Only the last event of each of its streams is left, and what is alone in its stream is told as ever.
  expect(after).toContain('"crowded"')
  expect(after).not.toMatch(/"crowded-\d/)
  for (const by of ['nobody', 'somebody']) expect(after).toContain(`"${by}"`)
  expect(JSON.parse(after.split('\n')[0] as string)).toEqual(JSON.parse(before.split('\n')[0] as string))
  await server.close()
  await app.close()
})

test('who watches is told anew when what was told has been hidden', async () => {
  const { app, server, note } = open({ insight: { pauseMs: 1, hiddenMsMax: 0 } })
  const { url } = await server.listen()
  await note('note-1', 'Noted')
  const watched = (await openSse(`${url}/insight/predictions/note-1`))[Symbol.asyncIterator]()
  const found = async () => JSON.parse((await watched.next()).value.data).found
  expect(await found()).toMatchObject({ case: 'note-1' })
  await app.store.tombstone('note-1')
  // It is looked when something is asked, by whomever.
  await call(server, 'GET /insight/map')
  expect(await found()).toBeNull()
})

test('streams are looked up once for all who ask within the time that what is hidden may be told', async () => {
  const { store, calls } = counting(createMemoryStore())
  const app = roomApp({ store })
  for (let i = 0; i < 5; i++) await app.append({ stream: `note-${i}`, events: [{ type: 'A', data: {} }] })
  for (const [hiddenMsMax, looks] of [
    [60_000, 5],
    [0, 10],
  ]) {
    const server = createServer(app, { insight: { hiddenMsMax } })
    const before = calls('stream')
    for (const finding of ['rules', 'map']) await call(server, `GET /insight/${finding}`)
    expect(calls('stream') - before).toBe(looks)
    await server.close()
  }
  await app.close()
})

test('findings of as many tenants as may be are kept, and the one not asked for longest is found anew', async () => {
  const { store, calls } = counting(createMemoryStore())
  const tenants = createTenants({ store, modules: [Room] })
  const server = createServer(tenants, {
    identify: (request) => ({ id: 'Ada', tenant: request.headers.get('x-tenant') ?? '' }),
    mayOperate: () => true,
    insight: { tenantsMax: 2, pauseMs: 1 },
  })
  running.push({ close: () => server.close({ graceMs: 0 }) })
  const ask = async (tenant: string) => {
    const before = calls('subscribe')
    const answer = await call(server, 'GET /insight/map', undefined, { 'x-tenant': tenant })
    return { isAnew: calls('subscribe') > before, ...answer }
  }
  for (const tenant of ['red', 'blue', 'green'])
    await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, { 'x-tenant': tenant })
  for (const [tenant, isAnew] of [
    ['red', true],
    ['blue', true],
    ['red', false],
    ['green', true],
    ['red', false],
    ['blue', true],
  ] as const)
    expect(await ask(tenant), tenant).toMatchObject({ isAnew, status: 200, body: { found: { cases: 1 } } })

  // Of those that are watched none gives way.
  const { url } = await server.listen()
  const [red, blue] = await Promise.all(
    ['red', 'blue'].map((tenant) => openSse(`${url}/insight/map`, { 'x-tenant': tenant })),
  )
  const messages = red?.[Symbol.asyncIterator]()
  await messages?.next()
  const refused = await ask('green')
  expect(refused).toMatchObject({ status: 400, body: { code: 'limit-exceeded' } })
  expect(refused.body.detail).toContain('tenantsMax')
  expect((await ask('red')).isAnew).toBe(false)
  blue?.cut()
  await expect.poll(async () => (await ask('green')).status).toBe(200)
  await call(server, 'POST /commands/OpenRoom/room-2', { seats: 1 }, { 'x-tenant': 'red' })
  expect(JSON.parse((await messages?.next())?.value.data)).toMatchObject({ found: { cases: 2 } })

  // Its store is closed: what is watched ends, and nothing follows it any longer.
  await tenants.close()
  expect((await messages?.next())?.done).toBe(true)
})

test('a feed that failed begins anew with who asks next', async () => {
  let isBroken = true
  const errors: unknown[] = []
  const { server, note } = open({
    insight: {
      cases: ({ stream }) => {
        if (isBroken) throw new Error('broken')
        return stream
      },
    },
    onError: (error) => errors.push(error),
  })
  await note('note-1', 'A')
  expect((await call(server, 'GET /insight/map')).status).toBe(500)
  isBroken = false
  expect((await call(server, 'GET /insight/map')).body.found).toMatchObject({ cases: 1 })
  expect(errors).toHaveLength(1)
})

test('settings that cannot be are refused at start', () => {
  for (const insight of [
    { tenantsMax: 0 },
    { hiddenMsMax: -1 },
    { quietMsMax: 0 },
    { limits: { rulesMax: 0 } },
  ])
    expect(() => createServer(roomApp(), { insight }), JSON.stringify(insight)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
})
