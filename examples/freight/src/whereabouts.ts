import { defineProjectedQuery, defineProjection } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { Container } from './container.ts'

/** Keeps where each container is. */
export const Whereabouts = defineProjection({
  name: 'whereabouts',
  description: 'Where each container is, and in whose hands.',
  select: { category: 'container' },
  events: Container.events,
  readModel: sqlite({
    tables: [
      'CREATE TABLE container (container TEXT PRIMARY KEY, place TEXT NOT NULL, hand TEXT NOT NULL) STRICT, WITHOUT ROWID',
      'CREATE INDEX container_by_place ON container (place, container)',
    ],
  }),
  on: {
    ContainerPlaced: (model, { data }) =>
      model.run('INSERT INTO container VALUES (?, ?, ?)', data.container, data.at, data.hand),
    ContainerLoaded: (model, { data }) =>
      model.run(
        'UPDATE container SET place = ?, hand = ? WHERE container = ?',
        `leg ${data.leg}`,
        data.to,
        data.container,
      ),
    ContainerUnloaded: (model, { data }) =>
      model.run(
        'UPDATE container SET place = ?, hand = ? WHERE container = ?',
        data.at,
        data.to,
        data.container,
      ),
  },
})

/** What is in a place: a port, or the vehicle of a leg as `leg …`. */
export const WhatIsAt = defineProjectedQuery({
  name: 'WhatIsAt',
  description: 'The containers that are in a port, or on the vehicle of a leg.',
  input: z.object({ place: z.string().min(1) }),
  projection: Whereabouts,
  answer: (model, { place }) =>
    model.all<{ container: string; hand: string }>(
      'SELECT container, hand FROM container WHERE place = ? ORDER BY container',
      place,
    ),
})
