import { defineCommand, defineFold, type JsonObject, type Rejection, reject } from '@annals/core'
import { z } from 'zod'
import { type AccountState, accountPart, availableCents, leftOfLimitCents } from './account.ts'
import { dayOf, identifier, ledgerEvents, tagsOf } from './events.ts'
import { amountCents } from './money.ts'

const purpose = z.string().trim().max(140).default('')

/** The reasons for which money is not moved from one account to another. */
const refusals = {
  'no-such-account': 'There is no such account, or it is closed.',
  'same-account': 'An account cannot send money to itself.',
  'insufficient-funds': 'The account does not have that much available.',
  'daily-limit': 'More would leave the account on one day than may.',
}

/** Moves money from one account to another. */
export const Transfer = defineCommand({
  name: 'Transfer',
  description: 'Moves money from one account to another, at once and as a whole.',
  input: z.object({ transfer: identifier, from: identifier, to: identifier, amountCents, purpose }),
  events: ledgerEvents,
  rejections: { ...refusals, 'transfer-exists': 'There is another transfer of this name.' },
  stream: ({ transfer }) => `transfer-${transfer}`,
  model: ({ transfer, from, to }) => ({
    transfer: transferPart(transfer),
    from: accountPart(from),
    to: accountPart(to),
  }),
  decide: ({ transfer, from, to }, input, { now }) => {
    if (transfer) return isSame(transfer, input) ? [] : reject('transfer-exists')
    const refusal = refused(from, to, input, dayOf(now))
    if (refusal) return refusal
    return {
      type: 'TransferBooked',
      data: { ...input, on: dayOf(now) },
      tags: tagsOf([input.from, input.to], `transfer:${input.transfer}`),
    }
  },
})

/** Takes a transfer back. It is an entry of its own, since books are not rubbed out. */
export const ReverseTransfer = defineCommand({
  name: 'ReverseTransfer',
  description: 'Moves the money of a transfer back, whatever the accounts hold by now.',
  input: z.object({ transfer: identifier, reason: z.string().trim().min(1).max(140) }),
  events: ledgerEvents,
  rejections: {
    'no-such-transfer': 'There is no such transfer.',
    'already-reversed': 'The transfer has been reversed already.',
  },
  stream: ({ transfer }) => `transfer-${transfer}`,
  model: ({ transfer }) => ({ booked: transferPart(transfer) }),
  decide: ({ booked }, { transfer, reason }, { now }) => {
    if (!booked) return reject('no-such-transfer', { transfer })
    if (booked.isReversed) return reject('already-reversed', { transfer })
    const { from, to, amountCents } = booked
    return {
      type: 'TransferReversed',
      data: { transfer, from: to, to: from, amountCents, on: dayOf(now), reason },
      tags: tagsOf([from, to], `transfer:${transfer}`),
    }
  },
})

/** Holds an amount back for another account. */
export const HoldAmount = defineCommand({
  name: 'HoldAmount',
  description:
    'Promises an amount to another account: nobody else can have it, until it is captured or released.',
  input: z.object({ hold: identifier, from: identifier, to: identifier, amountCents, purpose }),
  events: ledgerEvents,
  rejections: { ...refusals, 'hold-exists': 'There is, or was, a hold of this name.' },
  stream: ({ hold }) => `hold-${hold}`,
  model: ({ hold, from, to }) => ({ hold: holdPart(hold), from: accountPart(from), to: accountPart(to) }),
  decide: ({ hold, from, to }, input, { now }) => {
    if (hold) return reject('hold-exists')
    const refusal = refused(from, to, input, dayOf(now))
    if (refusal) return refusal
    return {
      type: 'AmountHeld',
      data: { ...input, on: dayOf(now) },
      tags: tagsOf([input.from, input.to], `hold:${input.hold}`),
    }
  },
})

const holdRefusals = {
  'no-such-hold': 'There is no such hold.',
  'hold-over': 'The hold has been captured or released already.',
}

/** Moves what was held, or a part of it. */
export const CaptureHold = defineCommand({
  name: 'CaptureHold',
  description:
    'Moves what was held to the account it was promised to, or a part of it; the rest is free again.',
  input: z.object({ hold: identifier, amountCents: amountCents.optional() }),
  events: ledgerEvents,
  rejections: { ...holdRefusals, 'more-than-held': 'Not more can be captured than was held.' },
  stream: ({ hold }) => `hold-${hold}`,
  model: ({ hold }) => ({ held: holdPart(hold) }),
  decide: ({ held }, { hold, amountCents }, { now }) => {
    if (!held) return reject('no-such-hold', { hold })
    if (held.isOver) return reject('hold-over', { hold })
    const captured = amountCents ?? held.amountCents
    if (captured > held.amountCents) return reject('more-than-held', { heldCents: held.amountCents })
    const { from, to } = held
    return {
      type: 'HoldCaptured',
      data: { hold, from, to, amountCents: captured, on: dayOf(now) },
      tags: tagsOf([from, to], `hold:${hold}`),
    }
  },
})

/** Gives back what was held. */
export const ReleaseHold = defineCommand({
  name: 'ReleaseHold',
  description: 'Gives what was held back to the account that promised it.',
  input: z.object({ hold: identifier, reason: z.string().trim().min(1).max(140) }),
  events: ledgerEvents,
  rejections: holdRefusals,
  stream: ({ hold }) => `hold-${hold}`,
  model: ({ hold }) => ({ held: holdPart(hold) }),
  decide: ({ held }, { hold, reason }) => {
    if (!held) return reject('no-such-hold', { hold })
    if (held.isOver) return reject('hold-over', { hold })
    return {
      type: 'HoldReleased',
      data: { hold, from: held.from, reason },
      tags: tagsOf([held.from, held.to], `hold:${hold}`),
    }
  },
})

interface Movement {
  readonly from: string
  readonly to: string
  readonly amountCents: number
}

function refused(
  from: AccountState,
  to: AccountState,
  movement: Movement,
  on: string,
): Rejection<keyof typeof refusals> | undefined {
  const no = (code: keyof typeof refusals, details: JsonObject) => reject(code, details)
  if (movement.from === movement.to) return no('same-account', { account: movement.from })
  if (from.status !== 'open') return no('no-such-account', { account: movement.from })
  if (to.status !== 'open') return no('no-such-account', { account: movement.to })
  const available = availableCents(from)
  if (movement.amountCents > available && from.dailyLimitCents !== null)
    return no('insufficient-funds', { availableCents: available })
  const left = leftOfLimitCents(from, on)
  return movement.amountCents > left ? no('daily-limit', { leftCents: left }) : undefined
}

function transferPart(transfer: string) {
  return {
    fold: defineFold({
      events: ledgerEvents,
      initialState: (): (Movement & { readonly isReversed: boolean }) | undefined => undefined,
      evolve: {
        TransferBooked: (_none, { from, to, amountCents }) => ({ from, to, amountCents, isReversed: false }),
        TransferReversed: (booked) => booked && { ...booked, isReversed: true },
      },
    }),
    tags: [`transfer:${transfer}`],
  }
}

function holdPart(hold: string) {
  return {
    fold: defineFold({
      events: ledgerEvents,
      initialState: (): (Movement & { readonly isOver: boolean }) | undefined => undefined,
      evolve: {
        AmountHeld: (_none, { from, to, amountCents }) => ({ from, to, amountCents, isOver: false }),
        HoldCaptured: (held) => held && { ...held, isOver: true },
        HoldReleased: (held) => held && { ...held, isOver: true },
      },
    }),
    tags: [`hold:${hold}`],
  }
}

function isSame(one: Movement, other: Movement): boolean {
  return one.from === other.from && one.to === other.to && one.amountCents === other.amountCents
}
