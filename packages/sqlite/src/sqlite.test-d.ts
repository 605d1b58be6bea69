import { defineProjectedQuery, defineProjection, type QueryAnswer } from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { type SqliteModel, type SqliteRow, sqlite } from './index.ts'

const events = { SeatTaken: z.object({ by: z.string() }) }

test('the handlers of a projection are given a SqliteModel and the data of their event', () => {
  defineProjection({
    name: 'visits',
    select: { category: 'room' },
    events,
    readModel: sqlite({ tables: 'CREATE TABLE visit (person TEXT)' }),
    on: {
      SeatTaken: (model, event) => {
        expectTypeOf(model).toEqualTypeOf<SqliteModel>()
        expectTypeOf(event.data).toEqualTypeOf<{ by: string }>()
      },
    },
  })
})

test('a query is given a SqliteModel, and its answer is typed by the rows it names', () => {
  const projection = defineProjection({
    name: 'visits',
    select: { category: 'room' },
    events,
    readModel: sqlite({ tables: ['CREATE TABLE visit (person TEXT)'] }),
    on: { SeatTaken: () => {} },
  })
  const Visitors = defineProjectedQuery({
    name: 'Visitors',
    input: z.object({}),
    projection,
    answer: (model) => {
      expectTypeOf(model).toEqualTypeOf<SqliteModel>()
      return model.all<{ person: string }>('SELECT person FROM visit')
    },
  })
  expectTypeOf<QueryAnswer<typeof Visitors>>().toEqualTypeOf<{ person: string }[]>()
})

test('parameters are the values that SQLite can store', () => {
  const model = {} as SqliteModel
  void (() => model.run('', null, 1, 1n, '', new Uint8Array()))
  // @ts-expect-error a boolean is no value of SQLite
  void (() => model.run('', true))
  // @ts-expect-error neither is undefined
  void (() => model.get('', undefined))
  expectTypeOf(model.get('')).toEqualTypeOf<SqliteRow | undefined>()
})
