import type { Module } from '@annals/core'
import { WhoLooked } from './access.ts'
import { StayRecord } from './record.ts'
import { Stay } from './stay.ts'
import { WardList } from './wards.ts'

/** What the clinic is made of; also what `annals --app` takes. */
export const modules: readonly Module[] = [Stay, StayRecord, WardList, WhoLooked]
