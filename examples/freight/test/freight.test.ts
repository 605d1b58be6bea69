import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, RecordedEvent } from '@annals/core'
import { openSqliteReadModels } from '@annals/sqlite'
import { createTestApp, given, type TestApp } from '@annals/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Booking } from '../src/booking.ts'
import { graceMs } from '../src/carriage.ts'
import { Container } from '../src/container.ts'
import { modules } from '../src/modules.ts'
import { routeProblem } from '../src/places.ts'
import { route, travel } from '../src/story.ts'
import { Track } from '../src/track.ts'
import { WhatIsAt } from '../src/whereabouts.ts'

const { BookCarriage, CancelBooking, Reroute } = Booking.commands
const { Load, PlaceContainer, Unload } = Container.commands
const hourMs = 3_600_000
const beginMs = Date.UTC(2030, 0, 1)
const legs = [...route(beginMs)]
const [first, second] = legs as [(typeof legs)[0], (typeof legs)[0]]
const booked = {
  type: 'CarriageBooked',
  data: { booking: 'b', container: 'c', from: 'NLRTM', to: 'PLGDN', legs },
} as const

let folder: string
let freight: TestApp
let app: App

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-freight-'))
  freight = createTestApp({ modules, readModels: [await openSqliteReadModels(folder)] })
  app = freight.app
})

afterEach(async () => {
  await freight.close()
  await rm(folder, { recursive: true, force: true })
})

const track = async (booking = 'b') => {
  await freight.settled()
  return app.query(Track, { booking })
}

async function bookAndPlace(): Promise<void> {
  await app.execute(PlaceContainer, 'container-c', { at: 'NLRTM', hand: 'Terminal Maas' })
  await app.execute(BookCarriage, 'booking-b', { container: 'c', from: 'NLRTM', to: 'PLGDN', legs })
}

test('the legs of a route follow each other in space and time', async () => {
  expect(routeProblem(legs, 'NLRTM', 'PLGDN')).toBeUndefined()
  expect(routeProblem(legs, 'BEANR', 'PLGDN')).toContain('departs from NLRTM')
  expect(routeProblem(legs, 'NLRTM', 'DEHAM')).toContain('ends in PLGDN')
  expect(routeProblem([first, { ...second, departs: first.departs }], 'NLRTM', 'PLGDN')).toContain('before')
  expect(routeProblem([{ ...first, arrives: first.departs }], 'NLRTM', 'DEHAM')).toContain('arrives before')
  const input = { container: 'c', from: 'NLRTM', to: 'DEHAM', legs }
  await given(Booking).when(BookCarriage, input, { stream: 'booking-b' }).thenRejected('broken-route')
})

test('a carriage is cancelled before it has begun, and afterwards only rerouted', async () => {
  const travelled = { type: 'LegTravelled', data: { booking: 'b', leg: first.leg } } as const
  await given(Booking, booked)
    .when(CancelBooking, { reason: 'sold' }, { stream: 'booking-1' })
    .thenEvents({ type: 'BookingCancelled', data: { booking: '1', reason: 'sold' } })
  await given(Booking, booked, travelled).when(CancelBooking, { reason: 'sold' }).thenRejected('under-way')
  await given(Booking, booked, travelled)
    .when(Reroute, { legs: [{ ...second, vehicle: 'Truck', leg: 'truck-1' }], reason: 'strike' })
    .thenState(({ legs }) => legs.map(({ leg }) => leg).join() === 'barge-1,truck-1')
  await given(Booking, booked, travelled)
    .when(Reroute, { legs: [first], reason: 'strike' })
    .thenRejected('broken-route')
})

test('a carriage in time is delivered, leg by leg, and nothing is late', async () => {
  for await (const _step of travel(app, 'b', beginMs)) await freight.settled()
  expect(await track()).toMatchObject({ status: 'delivered' })
  await freight.clock.advance(1_000 * hourMs)
  const { lines } = await track()
  expect(lines.map(({ what }) => what)).toEqual([
    'booked from NLRTM to PLGDN',
    'handed over to Barge Aafje in NLRTM',
    'handed over to Terminal DEHAM in DEHAM',
    'handed over to Feeder Vera in DEHAM',
    'handed over to Terminal PLGDN in PLGDN',
    'delivered',
  ])
})

test('a leg that does not depart or arrive in time is said to be late, once, after the time of grace', async () => {
  await bookAndPlace()
  await freight.clock.advance(6 * hourMs + graceMs - 1)
  expect(await track()).toMatchObject({ status: 'booked' })
  await freight.clock.advance(1)
  expect(await track()).toMatchObject({ status: 'late' })
  await app.execute(Load, 'container-c', {
    booking: 'b',
    leg: first.leg,
    at: 'NLRTM',
    carrier: 'Barge Aafje',
  })
  expect(await track()).toMatchObject({ status: 'under way' })
  await freight.clock.advance(40 * hourMs)
  const { status, lines } = await track()
  expect(status).toBe('late')
  expect(lines.filter(({ what }) => what.includes('not arrived'))).toHaveLength(1)
  expect(lines.filter(({ what }) => what.includes('not departed'))).toHaveLength(1)
})

test('deadlines that pass while nothing runs are seen at the next start', async () => {
  await bookAndPlace()
  await freight.settled()
  const { store } = app
  await app.close()
  const later = createTestApp({
    modules,
    store,
    readModels: [await openSqliteReadModels(folder)],
    now: new Date(beginMs + 100 * hourMs),
  })
  await later.settled()
  expect(await later.app.query(Track, { booking: 'b' })).toMatchObject({ status: 'late' })
  await later.close()
})

test('after a rerouting the new legs are watched over, and the old ones are not', async () => {
  await bookAndPlace()
  await freight.settled()
  const shifted = route(beginMs + 24 * hourMs).map((leg) => ({ ...leg, leg: `late-${leg.leg}` }))
  await app.execute(Reroute, 'booking-b', { legs: shifted, reason: 'low water' })
  await freight.clock.advance(20 * hourMs)
  expect(await track()).toMatchObject({ status: 'under way' })
  await freight.clock.advance(12 * hourMs)
  expect((await track()).lines.at(-1)?.what).toBe('leg late-barge-1 has not departed in time')
})

test('a cancelled carriage is watched over no more', async () => {
  await bookAndPlace()
  await app.execute(CancelBooking, 'booking-b', { reason: 'sold' })
  await freight.clock.advance(1_000 * hourMs)
  expect(await track()).toMatchObject({ status: 'cancelled' })
})

test('whoever watches a carriage is told of each step', async () => {
  const seen: string[] = []
  const watching = (async () => {
    for await (const { status } of app.watch(Track, { booking: 'b' })) {
      seen.push(status)
      if (status === 'delivered') return
    }
  })()
  for await (const _step of travel(app, 'b', beginMs)) await freight.settled()
  await watching
  expect(seen[0]).toBe('unknown')
  expect(seen).toContain('under way')
})

test('a container is in exactly one place at every position, whatever is tried and in whatever order', async () => {
  const at = fc.constantFrom('NLRTM', 'DEHAM', 'PLGDN')
  const leg = fc.constantFrom('barge-1', 'feeder-1')
  const container = fc.constantFrom('x', 'y')
  const step = fc.oneof(
    fc.tuple(container, at).map(
      ([name, port]) =>
        () =>
          app.execute(PlaceContainer, `container-${name}`, { at: port, hand: 'h' }),
    ),
    fc.tuple(container, at, leg).map(
      ([name, port, of]) =>
        () =>
          app.execute(Load, `container-${name}`, { booking: 'b', leg: of, at: port, carrier: 'v' }),
    ),
    fc.tuple(container, at, leg).map(
      ([name, port, of]) =>
        () =>
          app.execute(Unload, `container-${name}`, { booking: 'b', leg: of, at: port, terminal: 't' }),
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      // A container that is there already, or is not there yet, is no harm.
      await Promise.all(steps.map((each) => each().catch(() => undefined)))
      const places = placesOf(await freight.events({ category: 'container' }))
      const waitFor = await app.store.head()
      for (const [name, place] of places) {
        const there = await app.query(WhatIsAt, { place }, { waitFor })
        expect(there.map(({ container }) => container)).toContain(name)
      }
      const all = [...new Set(places.values())].map((place) => app.query(WhatIsAt, { place }))
      expect((await Promise.all(all)).flat()).toHaveLength(places.size)
    }),
    { numRuns: 20 },
  )
})

/** Follows every container through all events, and stops where one leaves a place in which it is not. */
function placesOf(events: readonly RecordedEvent[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const { type, data, position } of events) {
    const { container, at, leg } = data as { container: string; at: string; leg: string }
    const where = `at position ${position}`
    if (type === 'ContainerPlaced') expect(places.has(container), where).toBe(false)
    if (type === 'ContainerLoaded') expect(places.get(container), where).toBe(at)
    if (type === 'ContainerUnloaded') expect(places.get(container), where).toBe(`leg ${leg}`)
    places.set(container, type === 'ContainerLoaded' ? `leg ${leg}` : at)
  }
  return places
}
