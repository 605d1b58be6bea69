import type { App, Caller } from '@annals/core'
import { Stay } from './stay.ts'

const { Admit, PlaceOrder, ReportResult, Move } = Stay.commands
const rosa: Caller = { id: 'rosa', roles: ['reception'] }
const dana: Caller = { id: 'dana', roles: ['physician'] }
const lea: Caller = { id: 'lea', roles: ['laboratory'] }

/** Lets an empty clinic have had a morning: three patients, and what was done for them. */
export async function tellMorning(app: App): Promise<void> {
  await app.execute(
    Admit,
    'stay-1',
    { patient: 'Ida Holm', birthDate: '1948-02-11', ward: 'A1', reason: 'fever' },
    { caller: rosa },
  )
  await app.execute(
    PlaceOrder,
    'stay-1',
    { order: 'crp', kind: 'laboratory', what: 'C-reactive protein' },
    { caller: dana },
  )
  await app.execute(
    ReportResult,
    'stay-1',
    { order: 'crp', value: '148 mg/l', isAbnormal: true },
    { caller: lea },
  )
  await app.execute(
    PlaceOrder,
    'stay-1',
    { order: 'chest', kind: 'imaging', what: 'Chest X-ray' },
    { caller: dana },
  )
  await app.execute(
    Admit,
    'stay-2',
    { patient: 'Omar Said', birthDate: '1990-07-30', ward: 'A1', reason: 'broken wrist' },
    { caller: rosa },
  )
  await app.execute(
    Admit,
    'stay-3',
    { patient: 'Vera Lind', birthDate: '2001-12-05', ward: 'A1', reason: 'observation' },
    { caller: rosa },
  )
  await app.execute(Move, 'stay-3', { ward: 'B2' }, { caller: dana })
}
