import {
  type App,
  type Caller,
  type CommandDefinition,
  type CommandOutcome,
  createApp,
  createMemoryStore,
  defineDecider,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  type QueryAnswer,
  reject,
  replay,
} from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Room, Visits, VisitsOf, WhoSits } from '../../test/seat.ts'

const app: App = createApp({ store: createMemoryStore(), modules: [Room, WhoSits, VisitsOf] })

test('a projection may be listed without a query', () => {
  void (() => createApp({ store: createMemoryStore(), modules: [Room, Visits] }))
})

test('the state is inferred from initialState alone', () => {
  expectTypeOf(Room.initialState()).toEqualTypeOf<{ seats: number; takenBy: string[] }>()
})

test('a snapshot makes JSON of the state, and the state of that JSON', () => {
  const parts = {
    category: 'set',
    events: { Added: z.object({ number: z.number() }) },
    initialState: () => new Set<number>(),
    evolve: { Added: (set: Set<number>, { number }: { number: number }) => new Set([...set, number]) },
    commands: {},
  } as const
  const Sets = defineDecider({
    ...parts,
    snapshot: {
      version: 1,
      toJson: (set) => [...set],
      fromJson: (numbers: number[]) => new Set(numbers),
    },
  })
  expectTypeOf(Sets.initialState()).toEqualTypeOf<Set<number>>()
  defineDecider({
    ...parts,
    // @ts-expect-error what comes of the JSON is no set
    snapshot: { version: 1, toJson: (set) => [...set], fromJson: (numbers: number[]) => numbers },
  })
})

test('the input of a command is what its schema takes', () => {
  expectTypeOf(app.execute<typeof Room.commands.TakeSeat>)
    .parameter(2)
    .toEqualTypeOf<{ by: string }>()
  // @ts-expect-error by is missing
  void (() => app.execute(Room.commands.TakeSeat, 'room-1', {}))
  // @ts-expect-error by is a string
  void (() => app.execute(Room.commands.TakeSeat, 'room-1', { by: 1 }))
})

test('the outcome of a command is accepted with typed events or rejected with a declared code', () => {
  type Outcome = CommandOutcome<typeof Room.commands.TakeSeat>
  expectTypeOf<Extract<Outcome, { accepted: false }>['code']>().toEqualTypeOf<'room-full' | 'no-seat'>()
  const taken = {} as Extract<Extract<Outcome, { accepted: true }>['events'][number], { type: 'SeatTaken' }>
  expectTypeOf(taken.data).toEqualTypeOf<{ by: string; side: 'left' | 'right' }>()
})

test('a live query is typed by its schema and its answer', () => {
  expectTypeOf<QueryAnswer<typeof WhoSits>>().toEqualTypeOf<{
    takenBy: string[]
    revision: number | undefined
  }>()
  // @ts-expect-error room is missing
  void (() => app.query(WhoSits, {}))
})

test('a projected query reads the model of its projection', () => {
  expectTypeOf<QueryAnswer<typeof VisitsOf>>().toEqualTypeOf<number>()
  defineProjectedQuery({
    name: 'q',
    input: z.object({}),
    projection: Visits,
    answer: (visits) => expectTypeOf(visits).toEqualTypeOf<Map<string, number>>(),
  })
})

test('handlers of a projection and of a replay see the data of their event type', () => {
  defineProjection({
    name: 'p',
    select: 'everything',
    events: Room.events,
    readModel: inMemory(() => 0),
    on: {
      SeatGivenBack: (_model, event) => expectTypeOf(event.data).toEqualTypeOf<{ by: string }>(),
      // @ts-expect-error SeatSold is not among the events
      SeatSold: () => undefined,
    },
  })
  void (() =>
    replay(app.store, {
      events: Room.events,
      on: { RoomOpened: (event) => void expectTypeOf(event.data).toEqualTypeOf<{ seats: number }>() },
    }))
})

test('a fold may leave event types out', () => {
  const fold = defineFold({
    events: Room.events,
    initialState: () => 0,
    evolve: { SeatTaken: (count) => count + 1 },
  })
  expectTypeOf(fold.initialState()).toEqualTypeOf<number>()
  defineLiveQuery({
    name: 'Count',
    input: z.object({}),
    select: () => 'everything',
    fold,
    answer: (count) => expectTypeOf(count).toEqualTypeOf<number>(),
  })
})

interface Door {
  readonly open: boolean
  readonly colour: 'red' | 'blue'
}

const input = z.object({})
const events = { Opened: z.object({}), Painted: z.object({ colour: z.enum(['red', 'blue']) }) }
const rejections = { stuck: 'The door is stuck.' }
const initialState = (): Door => ({ open: false, colour: 'red' })
const evolve = { Opened: (door: Door) => door, Painted: (door: Door) => door }
const door = { category: 'door', events, rejections, initialState } as const

test('literals in states need no annotation, and decided data may be constant', () => {
  defineDecider({
    ...door,
    evolve: {
      Opened: (state) => ({ ...state, open: true }),
      Painted: () => ({ open: true, colour: 'blue' }),
    },
    commands: { Paint: { input, decide: () => [{ type: 'Painted', data: { colour: 'red' } as const }] } },
  })
})

test('a category that begins with a dollar does not compile', () => {
  // @ts-expect-error The category "$door" begins with "$"
  const definition: Parameters<
    typeof defineDecider<'$door', typeof events, Door, Record<never, never>>
  >[0]['category'] = '$door'
  expectTypeOf(definition).not.toEqualTypeOf<'$door'>()
})

test('who is asked whether a caller may sees the input as the schema gives it', () => {
  defineDecider({
    ...door,
    evolve,
    commands: {
      Paint: {
        input: z.object({ colour: z.string().transform((name) => name.length) }),
        authorize: (caller, { colour }, { stream }) => {
          expectTypeOf(colour).toEqualTypeOf<number>()
          expectTypeOf(stream).toEqualTypeOf<string | undefined>()
          expectTypeOf(caller).toEqualTypeOf<Caller | undefined>()
          return true
        },
        decide: (_door, _input, { caller }) => {
          expectTypeOf(caller).toEqualTypeOf<Caller | undefined>()
          return []
        },
      },
    },
  })
  defineLiveQuery({
    name: 'q',
    input: z.object({ colour: z.string() }),
    select: () => 'everything',
    fold: Room,
    authorize: async (_caller, { colour }) => expectTypeOf(colour).toEqualTypeOf<string>() === undefined,
    audit: ({ colour }, { now }) => ({
      stream: colour,
      events: [{ type: 'Asked', data: now.toISOString() }],
    }),
    answer: () => 0,
  })
})

test('a category with a dash does not compile', () => {
  // @ts-expect-error The category "front-door" contains "-"
  const definition: Parameters<
    typeof defineDecider<'front-door', typeof events, Door, Record<never, never>>
  >[0]['category'] = 'front-door'
  expectTypeOf(definition).not.toEqualTypeOf<'front-door'>()
})

test('event data that JSON cannot carry does not compile', () => {
  const dated = { Opened: z.object({ at: z.date() }) }
  type Checked = Parameters<
    typeof defineDecider<'door', typeof dated, number, Record<never, never>>
  >[0]['events']
  // @ts-expect-error The data of Opened is not JSON
  const checked: Checked = dated
  expectTypeOf(checked).toBeObject()
})

test('evolve has to handle every event type, and no other', () => {
  // @ts-expect-error Painted has no handler
  defineDecider({ ...door, commands: {}, evolve: { Opened: (state) => state } })
  // @ts-expect-error Closed is not declared
  defineDecider({ ...door, commands: {}, evolve: { ...evolve, Closed: (state) => state } })
})

test('a decision on an undeclared event does not compile', () => {
  // @ts-expect-error there is no event Closed
  const decide = (): ReturnType<Decide> => ({ type: 'Closed', data: {} })
  const Closing = { input, decide }
  defineDecider({ ...door, evolve, commands: { Closing } })
})

test('a decision with data that does not fit its event does not compile', () => {
  // @ts-expect-error there is no such colour
  const decide = (): ReturnType<Decide> => ({ type: 'Painted', data: { colour: 'green' } })
  defineDecider({ ...door, evolve, commands: { Paint: { input, decide } } })
})

test('a rejection with an undeclared code does not compile', () => {
  const locked = () => reject('locked')
  // @ts-expect-error the code is not declared
  defineDecider({ ...door, evolve, commands: { Open: { input, decide: locked } } })
  const stuck = () => reject('stuck')
  defineDecider({ ...door, evolve, commands: { Open: { input, decide: stuck } } })
})

type Decide = CommandDefinition<Door, typeof events, 'stuck', typeof input>['decide']
