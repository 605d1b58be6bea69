import { defineFold, type Fold } from '@annals/core'
import { ledgerEvents, tagsOf } from './events.ts'

/** What the events of an account add up to. */
export interface AccountState {
  readonly status: 'none' | 'open' | 'closed'
  readonly owner: string
  readonly balanceCents: number
  readonly overdraftCents: number
  readonly dailyLimitCents: number | null
  /** What is promised to others, by hold. */
  readonly heldCents: ReadonlyMap<string, number>
  /** What left it on one day, the last on which anything did. */
  readonly sent: { readonly on: string; readonly amountCents: number }
}

/** A part of a decision model: one account. */
export function accountPart(account: string) {
  return { fold: accountFold(account), tags: tagsOf([account]) }
}

/** What can be taken from an account now. */
export function availableCents({ balanceCents, overdraftCents, heldCents }: AccountState): number {
  return balanceCents + overdraftCents - [...heldCents.values()].reduce((sum, held) => sum + held, 0)
}

/** What may still leave an account on a day. */
export function leftOfLimitCents({ dailyLimitCents, sent }: AccountState, on: string): number {
  if (dailyLimitCents === null) return Number.MAX_SAFE_INTEGER
  return dailyLimitCents - (sent.on === on ? sent.amountCents : 0)
}

interface Entry {
  readonly from: string
  readonly to: string
  readonly amountCents: number
  readonly on: string
}

/** How events add up to the state of one account. It has to know which, since a transfer concerns two. */
export function accountFold(account: string): Fold<AccountState, typeof ledgerEvents> {
  const moved = (state: AccountState, { from, amountCents }: Entry): AccountState => ({
    ...state,
    balanceCents: state.balanceCents + (from === account ? -amountCents : amountCents),
  })
  const sent = (state: AccountState, { from, amountCents, on }: Entry): AccountState =>
    from === account
      ? {
          ...state,
          sent: { on, amountCents: amountCents + (state.sent.on === on ? state.sent.amountCents : 0) },
        }
      : state
  return defineFold({
    events: ledgerEvents,
    initialState: (): AccountState => ({
      status: 'none',
      owner: '',
      balanceCents: 0,
      overdraftCents: 0,
      dailyLimitCents: null,
      heldCents: new Map(),
      sent: { on: '', amountCents: 0 },
    }),
    evolve: {
      AccountOpened: (state, { owner, overdraftCents, dailyLimitCents }) => ({
        ...state,
        status: 'open',
        owner,
        overdraftCents,
        dailyLimitCents,
      }),
      AccountClosed: (state) => ({ ...state, status: 'closed' }),
      TransferBooked: (state, entry) => sent(moved(state, entry), entry),
      TransferReversed: moved,
      InterestCharged: moved,
      AmountHeld: (state, entry) => {
        if (entry.from !== account) return state
        // It counts for the day on which it was promised, whenever it is captured.
        return {
          ...sent(state, entry),
          heldCents: new Map(state.heldCents).set(entry.hold, entry.amountCents),
        }
      },
      HoldCaptured: (state, entry) => withoutHold(moved(state, entry), entry.hold),
      HoldReleased: (state, { hold }) => withoutHold(state, hold),
    },
  })
}

function withoutHold(state: AccountState, hold: string): AccountState {
  const heldCents = new Map(state.heldCents)
  heldCents.delete(hold)
  return { ...state, heldCents }
}
