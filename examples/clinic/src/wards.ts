import { defineProjectedQuery, defineProjection } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { only } from './roles.ts'
import { Stay } from './stay.ts'

/** A patient on a ward. */
export interface WardPatient {
  readonly stay: string
  readonly patient: string
  /** Orders that are waited for. */
  readonly openOrders: number
}

/** Keeps who lies where, and how many orders are waited for. */
export const Wards = defineProjection({
  name: 'wards',
  description: 'The patients that are in the clinic, by ward.',
  select: { category: 'stay' },
  events: Stay.events,
  readModel: sqlite({
    tables: [
      `CREATE TABLE bed (
         stay TEXT PRIMARY KEY, patient TEXT NOT NULL, ward TEXT NOT NULL, open_orders INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX bed_by_ward ON bed (ward, patient)',
    ],
  }),
  on: {
    PatientAdmitted: (model, { stream, data }) =>
      model.run('INSERT INTO bed VALUES (?, ?, ?, 0)', stream, data.patient, data.ward),
    PatientMoved: (model, { stream, data }) =>
      model.run('UPDATE bed SET ward = ? WHERE stay = ?', data.ward, stream),
    OrderPlaced: (model, { stream }) => addOpenOrders(model, stream, 1),
    OrderCancelled: (model, { stream }) => addOpenOrders(model, stream, -1),
    ResultReported: (model, { stream }) => addOpenOrders(model, stream, -1),
    PatientDischarged: (model, { stream }) => model.run('DELETE FROM bed WHERE stay = ?', stream),
  },
})

/** Who lies on a ward. */
export const WardList = defineProjectedQuery({
  name: 'WardList',
  description: 'The patients of a ward, by name.',
  authorize: only('nurse', 'physician', 'reception'),
  input: z.object({ ward: z.string().min(1) }),
  projection: Wards,
  answer: (model, { ward }): readonly WardPatient[] =>
    model.all<WardPatient>(
      'SELECT stay, patient, open_orders AS openOrders FROM bed WHERE ward = ? ORDER BY patient, stay',
      ward,
    ),
})

function addOpenOrders(
  model: { run(sql: string, ...parameters: (string | number)[]): void },
  stay: string,
  count: number,
): void {
  model.run('UPDATE bed SET open_orders = open_orders + ? WHERE stay = ?', count, stay)
}
