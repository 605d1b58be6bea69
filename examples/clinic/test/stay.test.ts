import { given } from '@annals/testing'
import { test } from 'vitest'
import { Stay } from '../src/stay.ts'

const { Admit, Move, PlaceOrder, CancelOrder, ReportResult, CorrectResult, Discharge } = Stay.commands
const dana = { caller: { id: 'dana', roles: ['physician'] } }
const admitted = {
  type: 'PatientAdmitted',
  data: { patient: 'Ida Holm', birthDate: '1948-02-11', ward: 'A1', reason: 'fever', by: 'rosa' },
} as const
const ordered = {
  type: 'OrderPlaced',
  data: { order: 'crp', kind: 'laboratory', what: 'C-reactive protein', by: 'dana' },
} as const
const reported = {
  type: 'ResultReported',
  data: { order: 'crp', value: '148 mg/l', isAbnormal: true, by: 'lea' },
} as const
const discharged = { type: 'PatientDischarged', data: { to: 'home', by: 'dana' } } as const

test('a patient is admitted once, and every event says who did it', async () => {
  const input = { patient: 'Ida Holm', birthDate: '1948-02-11', ward: 'A1' }
  await given(Stay)
    .when(Admit, input, dana)
    .thenEvents({ type: 'PatientAdmitted', data: { ...input, reason: '', by: 'dana' } })
  await given(Stay, admitted).when(Admit, input, dana).thenFails('stream-already-exists')
})

test('a patient moves to another ward, not to the same', async () => {
  await given(Stay, admitted)
    .when(Move, { ward: 'B2' }, dana)
    .thenEvents({ type: 'PatientMoved', data: { ward: 'B2', by: 'dana' } })
  await given(Stay, admitted).when(Move, { ward: 'A1' }, dana).thenRejected('already-there')
})

test('an order is placed once, and is open until it is cancelled or its result is there', async () => {
  const input = { order: 'crp', kind: 'laboratory', what: 'C-reactive protein' } as const
  await given(Stay, admitted).when(PlaceOrder, input, dana).thenEvents(ordered)
  await given(Stay, admitted, ordered).when(PlaceOrder, input, dana).thenRejected('order-exists')
  await given(Stay, admitted, ordered)
    .when(CancelOrder, { order: 'crp', reason: 'not needed' }, dana)
    .thenState(({ orders }) => orders.get('crp')?.status === 'cancelled')
  await given(Stay, admitted, ordered, reported)
    .when(CancelOrder, { order: 'crp', reason: 'not needed' }, dana)
    .thenRejected('order-not-open', { order: 'crp', status: 'done' })
  await given(Stay, admitted)
    .when(CancelOrder, { order: 'crp', reason: 'not needed' }, dana)
    .thenRejected('no-such-order')
})

test('a result is reported once and then corrected, and the history keeps both', async () => {
  const right = { order: 'crp', value: '14.8 mg/l', isAbnormal: false, reason: 'decimal point' }
  await given(Stay, admitted, ordered)
    .when(ReportResult, { order: 'crp', value: '148 mg/l', isAbnormal: true }, dana)
    .thenState(({ orders }) => orders.get('crp')?.result?.value === '148 mg/l')
  await given(Stay, admitted, ordered, reported)
    .when(ReportResult, { order: 'crp', value: '1', isAbnormal: false }, dana)
    .thenRejected('order-not-open')
  const correcting = given(Stay, admitted, ordered, reported).when(CorrectResult, right, dana)
  await correcting.thenEvents({ type: 'ResultCorrected', data: { ...right, by: 'dana' } })
  await correcting.thenState(({ orders }) => orders.get('crp')?.result?.isAbnormal === false)
  await given(Stay, admitted, ordered).when(CorrectResult, right, dana).thenRejected('no-result-yet')
})

test('nobody is discharged while an order is open', async () => {
  await given(Stay, admitted, ordered)
    .when(Discharge, { to: 'home' }, dana)
    .thenRejected('orders-open', { open: ['crp'] })
  await given(Stay, admitted, ordered, reported).when(Discharge, { to: 'home' }, dana).thenEvents(discharged)
})

test('after the discharge nothing changes any more, but for corrections of results', async () => {
  const past = given(Stay, admitted, ordered, reported, discharged)
  await past.when(Move, { ward: 'B2' }, dana).thenRejected('already-discharged')
  await past.when(Discharge, { to: 'home' }, dana).thenRejected('already-discharged')
  await past
    .when(PlaceOrder, { order: 'ecg', kind: 'imaging', what: 'ECG' }, dana)
    .thenRejected('already-discharged')
  await past
    .when(CorrectResult, { order: 'crp', value: '14.8 mg/l', isAbnormal: false, reason: 'typing' }, dana)
    .thenState(({ orders }) => orders.get('crp')?.result?.value === '14.8 mg/l')
})
