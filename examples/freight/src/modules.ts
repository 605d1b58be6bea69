import type { Module } from '@annals/core'
import { Booking } from './booking.ts'
import { Carriage } from './carriage.ts'
import { Container } from './container.ts'
import { Track } from './track.ts'
import { WhatIsAt } from './whereabouts.ts'

/** What the forwarder is made of; also what `annals --app` takes. */
export const modules: readonly Module[] = [Booking, Container, Carriage, Track, WhatIsAt]
