import type { Module } from '@annals/core'
import { CloseAccount, OpenAccount } from './accounts.ts'
import { Overdrawn, TrialBalance } from './balances.ts'
import { ChargeInterest, CloseDay } from './end-of-day.ts'
import { Statement } from './statement.ts'
import { CaptureHold, HoldAmount, ReleaseHold, ReverseTransfer, Transfer } from './transfers.ts'

/** What the ledger is made of; also what `annals --app` takes. */
export const modules: readonly Module[] = [
  OpenAccount,
  CloseAccount,
  Transfer,
  ReverseTransfer,
  HoldAmount,
  CaptureHold,
  ReleaseHold,
  ChargeInterest,
  CloseDay,
  Statement,
  TrialBalance,
  Overdrawn,
]
