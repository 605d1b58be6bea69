import { defineProjection, type Module } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'

/** Which projection it is: its version, what a thing counts for, and whether it fails for what is broken. */
export interface ThingsSettings {
  readonly version: number
  readonly weight: number
  readonly fails: boolean
}

/** The modules of an application whose projection counts things in SQLite. */
export function thingsApp({ version, weight, fails }: ThingsSettings): readonly Module[] {
  return [
    defineProjection({
      name: 'things',
      version,
      select: { category: 'shelf' },
      events: { ThingPut: z.object({ thing: z.string() }) },
      readModel: sqlite({
        tables: 'CREATE TABLE things (thing TEXT PRIMARY KEY, weight INTEGER NOT NULL) STRICT',
      }),
      retry: { attemptsMax: 1 },
      on: {
        ThingPut: (model, { data }) => {
          if (fails && data.thing === 'broken') throw new Error('it is broken')
          model.run(
            'INSERT INTO things VALUES (?1, ?2) ON CONFLICT (thing) DO UPDATE SET weight = weight + ?2',
            data.thing,
            data.thing === 'tea' ? weight : 1,
          )
        },
      },
    }),
  ]
}
