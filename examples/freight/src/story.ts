import type { App } from '@annals/core'
import { Booking } from './booking.ts'
import { Container } from './container.ts'
import type { Leg } from './places.ts'

const hourMs = 3_600_000

/** A route from Rotterdam over Hamburg to Gdansk that begins at some time. */
export function route(beginMs: number): readonly Leg[] {
  const time = (hours: number) => new Date(beginMs + hours * hourMs).toISOString()
  return [
    {
      leg: 'barge-1',
      vehicle: 'Barge Aafje',
      from: 'NLRTM',
      to: 'DEHAM',
      departs: time(6),
      arrives: time(40),
    },
    {
      leg: 'feeder-1',
      vehicle: 'Feeder Vera',
      from: 'DEHAM',
      to: 'PLGDN',
      departs: time(48),
      arrives: time(80),
    },
  ]
}

/** Books the carriage of a container and has it travel, step by step; between the steps the time may be advanced. */
export async function* travel(app: App, name: string, nowMs: number): AsyncGenerator<void> {
  const container = `container-${name}`
  const booking = { booking: name }
  await app.execute(Container.commands.PlaceContainer, container, { at: 'NLRTM', hand: 'Terminal Maas' })
  await app.execute(Booking.commands.BookCarriage, `booking-${name}`, {
    container: name,
    from: 'NLRTM',
    to: 'PLGDN',
    legs: [...route(nowMs)],
  })
  yield
  for (const { leg, from, to, vehicle } of route(nowMs)) {
    await app.execute(Container.commands.Load, container, { ...booking, leg, at: from, carrier: vehicle })
    yield
    await app.execute(Container.commands.Unload, container, {
      ...booking,
      leg,
      at: to,
      terminal: `Terminal ${to}`,
    })
    yield
  }
}
