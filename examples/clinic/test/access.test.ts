import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Caller, isAnnalsError } from '@annals/core'
import { openSqliteReadModels } from '@annals/sqlite'
import { createTestApp, type TestApp } from '@annals/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WhoLooked } from '../src/access.ts'
import { modules } from '../src/modules.ts'
import { StayRecord } from '../src/record.ts'
import { applyRetention } from '../src/retention.ts'
import type { Role } from '../src/roles.ts'
import { Stay } from '../src/stay.ts'
import { tellMorning } from '../src/story.ts'
import { WardList } from '../src/wards.ts'

const as = (...roles: readonly Role[]): { readonly caller: Caller } => ({
  caller: { id: roles[0] ?? 'guest', roles },
})
const dayMs = 24 * 3_600_000

let folder: string
let clinic: TestApp

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-clinic-'))
  clinic = createTestApp({ modules, readModels: [await openSqliteReadModels(folder)] })
  await applyRetention(clinic.app.store)
  await tellMorning(clinic.app)
})

afterEach(async () => {
  await clinic.close()
  await rm(folder, { recursive: true, force: true })
})

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return isAnnalsError(error) ? error.code : undefined
}

test.each<[command: keyof typeof Stay.commands, input: object, may: Role[]]>([
  ['Admit', { patient: 'X', birthDate: '2000-01-01', ward: 'A1' }, ['reception', 'physician']],
  ['Move', { ward: 'C3' }, ['nurse', 'physician']],
  ['PlaceOrder', { order: 'ecg', kind: 'imaging', what: 'ECG' }, ['physician']],
  ['CancelOrder', { order: 'chest', reason: 'moved' }, ['physician']],
  ['ReportResult', { order: 'chest', value: 'clear', isAbnormal: false }, ['laboratory', 'physician']],
  [
    'CorrectResult',
    { order: 'crp', value: '1', isAbnormal: false, reason: 'typing' },
    ['laboratory', 'physician'],
  ],
  ['Discharge', { to: 'home' }, ['physician']],
])('%s is for those whose work it is, and for nobody else', async (name, input, may) => {
  const command = Stay.commands[name]
  const everybody: Role[] = ['reception', 'nurse', 'physician', 'laboratory', 'privacy-officer']
  for (const role of everybody) {
    const stream = name === 'Admit' ? `stay-of-${role}` : 'stay-1'
    const refused =
      (await codeOf(clinic.app.execute(command, stream, input as never, as(role)))) === 'not-authorized'
    expect(refused, role).toBe(!may.includes(role))
  }
  expect(await codeOf(clinic.app.execute(command, 'stay-1', input as never))).toBe('not-authorized')
})

test('queries are answered to those who need them for their work', async () => {
  await clinic.settled()
  const asked = (role: Role) =>
    Promise.all([
      codeOf(clinic.app.query(StayRecord, { stay: 'stay-1' }, as(role))),
      codeOf(clinic.app.query(WardList, { ward: 'A1' }, as(role))),
      codeOf(clinic.app.query(WhoLooked, { stay: 'stay-1' }, as(role))),
    ])
  const no = 'not-authorized'
  expect(await asked('physician')).toEqual([undefined, undefined, no])
  expect(await asked('nurse')).toEqual([undefined, undefined, no])
  expect(await asked('reception')).toEqual([no, undefined, no])
  expect(await asked('laboratory')).toEqual([no, no, no])
  expect(await asked('privacy-officer')).toEqual([no, no, undefined])
})

test('whoever looks at a record is recorded before it is shown, and whoever is refused is not shown as having looked', async () => {
  await clinic.app.query(StayRecord, { stay: 'stay-1' }, as('physician'))
  await clinic.clock.advance(60_000)
  await clinic.app.query(StayRecord, { stay: 'stay-1' }, as('nurse'))
  await codeOf(clinic.app.query(StayRecord, { stay: 'stay-1' }, as('reception')))
  expect(await clinic.app.query(WhoLooked, { stay: 'stay-1' }, as('privacy-officer'))).toEqual([
    { by: 'physician', what: 'the whole record', at: '2030-01-01T00:00:00.000Z' },
    { by: 'nurse', what: 'the whole record', at: '2030-01-01T00:01:00.000Z' },
  ])
})

test('all that one member of the staff looked at is found by their tag, whatever the stay', async () => {
  for (const stay of ['stay-1', 'stay-2']) await clinic.app.query(StayRecord, { stay }, as('nurse'))
  await clinic.app.query(StayRecord, { stay: 'stay-3' }, as('physician'))
  const looks = await clinic.events({ query: [{ types: ['RecordViewed'], tags: ['staff:nurse'] }] })
  expect(looks.map(({ data }) => (data as { stay: string }).stay)).toEqual(['stay-1', 'stay-2'])
})

test('without a record of who looked there is no answer', async () => {
  await clinic.app.store.close()
  expect(await codeOf(clinic.app.query(StayRecord, { stay: 'stay-1' }, as('physician')))).toBe('store-closed')
})

test('a record shows what the physician knew at any moment before', async () => {
  const { app } = clinic
  const right = { order: 'crp', value: '14.8 mg/l', isAbnormal: false, reason: 'decimal point' }
  const position = await app.store.head()
  await app.execute(Stay.commands.CorrectResult, 'stay-1', right, as('laboratory'))
  const crp = async (options: object) =>
    (await app.query(StayRecord, { stay: 'stay-1' }, { ...as('physician'), ...options })).orders[0]?.result
      ?.value
  expect(await crp({})).toBe('14.8 mg/l')
  expect(await crp({ asOf: { position } })).toBe('148 mg/l')
})

test('a ward lists its patients with what is waited for, and forgets who has moved or left', async () => {
  const { app } = clinic
  const ward = async (name: string) =>
    app.query(WardList, { ward: name }, { ...as('nurse'), waitFor: await app.store.head() })
  expect(await ward('A1')).toEqual([
    { stay: 'stay-1', patient: 'Ida Holm', openOrders: 1 },
    { stay: 'stay-2', patient: 'Omar Said', openOrders: 0 },
  ])
  expect(await ward('B2')).toMatchObject([{ stay: 'stay-3' }])
  await app.execute(
    Stay.commands.CancelOrder,
    'stay-1',
    { order: 'chest', reason: 'not needed' },
    as('physician'),
  )
  await app.execute(Stay.commands.Discharge, 'stay-2', { to: 'home' }, as('physician'))
  await app.execute(Stay.commands.Move, 'stay-3', { ward: 'A1' }, as('nurse'))
  expect(await ward('A1')).toEqual([
    { stay: 'stay-1', patient: 'Ida Holm', openOrders: 0 },
    { stay: 'stay-3', patient: 'Vera Lind', openOrders: 0 },
  ])
})

test('who looked is kept for three years, what was done for ten', async () => {
  const { app, clock } = clinic
  await app.query(StayRecord, { stay: 'stay-1' }, as('physician'))
  const kept = async () => [
    (await clinic.events({ category: 'access' })).length > 0,
    (await clinic.events({ category: 'stay' })).length > 0,
  ]
  await clock.advance(1_095 * dayMs)
  expect(await kept()).toEqual([true, true])
  await clock.advance(2 * dayMs)
  expect(await kept()).toEqual([false, true])
  await clock.advance(2_554 * dayMs)
  expect(await kept()).toEqual([false, true])
  await clock.advance(3 * dayMs)
  expect(await kept()).toEqual([false, false])
})
