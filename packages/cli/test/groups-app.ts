import { appendFileSync, existsSync } from 'node:fs'
import { defineConsumerGroup, defineDecider } from '@annals/core'
import { z } from 'zod'

const Parcel = defineDecider({
  category: 'parcel',
  events: { ParcelSent: z.object({ to: z.string() }) },
  initialState: () => null,
  evolve: { ParcelSent: () => null },
  commands: {
    SendParcel: {
      requires: 'any',
      input: z.object({ to: z.string() }),
      decide: (_state, { to }) => ({ type: 'ParcelSent', data: { to } }),
    },
  },
})

const directory = process.env.PARCELS_DIRECTORY ?? '.'

/** Writes what it handles to a file; what goes to nowhere fails until there is a file `mended`. */
const Carry = defineConsumerGroup({
  name: 'carry',
  events: Parcel.events,
  on: {
    ParcelSent: async ({ stream, data }) => {
      if (data.to === 'nowhere' && !existsSync(`${directory}/mended`))
        throw new Error('there is no such place')
      appendFileSync(`${directory}/carried`, `${process.pid} ${stream} ${data.to}\n`)
    },
  },
  retry: { attemptsMax: 1 },
  leaseMs: 600,
})

export const modules = [Parcel, Carry]
