import {
  AnnalsError,
  type Decider,
  type EventSchemas,
  type InputOf,
  type OutputOf,
  type RecordedEvent,
  type Rejection,
  type Schema,
} from '@annals/core'

/** A command of a decider with its input. */
export type CommandCall<Inputs extends Record<string, Schema>> = {
  readonly [Name in keyof Inputs & string]: { readonly command: Name; readonly input: InputOf<Inputs[Name]> }
}[keyof Inputs & string]

/**
 * For each event type the command that an event of it comes from, with the input it must have had; undefined where that
 * cannot be told. Inputs are not recorded, so this is for those who know the domain to say.
 */
export type CommandsOfEvents<Events extends EventSchemas, Inputs extends Record<string, Schema>> = {
  readonly [Type in keyof Events & string]?: (
    event: RecordedEvent<Type, OutputOf<Events[Type]>>,
  ) => CommandCall<Inputs> | undefined
}

/**
 * Why a decider would not decide on an event as it was recorded: it does not declare it (`unknown-type`); the command needs
 * a stream, or none yet (`stream-required`, `stream-exists`); its input does not fit (`invalid-input`); it is `rejected`,
 * with a code; it fails (`failed`); it decides on other events (`other-events`); or the decision before this event goes on
 * otherwise (`unfinished`).
 */
export type RefusalReason =
  | 'unknown-type'
  | 'stream-required'
  | 'stream-exists'
  | 'invalid-input'
  | 'rejected'
  | 'failed'
  | 'other-events'
  | 'unfinished'

/** An event that the decider of today would not have decided on. */
export interface Refusal {
  readonly event: RecordedEvent
  readonly reason: RefusalReason
  readonly command: string | undefined
  /** A sentence for people. */
  readonly explanation: string
  /** Whether it is the first of its stream. What comes after may be refused only because of it. */
  readonly isFirst: boolean
}

/**
 * Finds recorded events that a decider, as it is today, would not have decided on: what older rules allowed, what was
 * imported, and what was appended around the rules. Each event is held against the decision on the state that its stream
 * had before it; then the state goes on with what was recorded.
 *
 * Only the types of what is decided are compared, since data may hold what was made at the time. Nothing is executed or
 * recorded. Events are to be given as they are today (`replay` gives them so), those of a stream in their order and from its
 * first. What an event costs does not grow with the history; the state of each stream is kept, of 1,000,000 at most.
 *
 * @example
 * const checker = new DecisionChecker(Cart, {
 *   ItemAdded: ({ data: { item } }) => ({ command: 'AddItem', input: { item } }),
 * })
 * const refusal = await checker.add(event)
 */
export class DecisionChecker<
  State,
  Events extends EventSchemas,
  Code extends string,
  Inputs extends { readonly [name: string]: Schema },
> {
  readonly #decider: Decider
  readonly #commands: AnyCommandsOfEvents
  readonly #streams = new Map<string, StreamSoFar>()
  /** Events that were held against a decision. */
  checked = 0
  /** Events of types of which it was not said what command they come from. They are neither right nor wrong. */
  unchecked = 0

  /** @throws AnnalsError `invalid-argument` for a type that the decider does not declare */
  constructor(
    decider: Decider<State, Events, Code, Inputs>,
    commands: CommandsOfEvents<NoInfer<Events>, NoInfer<Inputs>>,
  ) {
    this.#decider = decider as unknown as Decider
    this.#commands = commands as AnyCommandsOfEvents
    for (const type of Object.keys(commands))
      if (!Object.hasOwn(decider.events, type)) {
        const expected = `event types of the decider ${decider.category}: ${Object.keys(decider.events).join(', ')}`
        throw new AnnalsError(
          'invalid-argument',
          `The commands of events cannot be used: expected ${expected}, but got "${type}".`,
          { argument: 'commands', expected, received: type },
        )
      }
  }

  /**
   * Takes the next event and answers with why it would not be decided on today; undefined if it would, or if nobody said
   * what it comes from.
   *
   * @throws AnnalsError `limit-exceeded` for more than 1,000,000 streams; what `evolve` throws
   */
  async add(event: RecordedEvent): Promise<Refusal | undefined> {
    const stream = this.#streamOf(event)
    const problem = await this.#problemOf(event, stream)
    stream.isNew = false
    if (Object.hasOwn(this.#decider.evolve, event.type))
      stream.state = this.#decider.evolve[event.type]?.(stream.state, event.data, event)
    if (!problem) return undefined
    const isFirst = !stream.isRefused
    stream.isRefused = true
    return { event, command: undefined, ...problem, isFirst }
  }

  #streamOf(event: RecordedEvent): StreamSoFar {
    const known = this.#streams.get(event.stream)
    if (known) return known
    if (this.#streams.size >= streamsMax)
      throw new AnnalsError(
        'limit-exceeded',
        `The states of ${streamsMax} streams at most can be kept, but there are more. Check a part of the streams at a time.`,
        { limit: 'streams', max: streamsMax, actual: streamsMax + 1 },
      )
    const begun: StreamSoFar = {
      state: this.#decider.initialState(),
      isNew: true,
      expected: [],
      isRefused: false,
    }
    this.#streams.set(event.stream, begun)
    return begun
  }

  async #problemOf(event: RecordedEvent, stream: StreamSoFar): Promise<Problem | undefined> {
    const { type } = event
    if (!Object.hasOwn(this.#decider.events, type)) {
      if (this.#decider.retired.includes(type)) return undefined
      this.checked++
      return {
        reason: 'unknown-type',
        explanation: `The decider ${this.#decider.category} declares no event ${type}.`,
      }
    }
    const [next] = stream.expected
    if (next === type) {
      stream.expected.shift()
      this.checked++
      return undefined
    }
    stream.expected = []
    if (next !== undefined) {
      this.checked++
      return {
        reason: 'unfinished',
        explanation: `The decision before goes on with ${next}, but ${type} was recorded.`,
      }
    }
    const call = Object.hasOwn(this.#commands, type) ? this.#commands[type]?.(event as never) : undefined
    if (!call) {
      this.unchecked++
      return undefined
    }
    this.checked++
    const problem = await this.#decided(call, event, stream)
    return problem && { command: call.command, ...problem }
  }

  async #decided(
    { command: name, input }: AnyCall,
    event: RecordedEvent,
    stream: StreamSoFar,
  ): Promise<Problem | undefined> {
    const command = Object.hasOwn(this.#decider.commands, name) ? this.#decider.commands[name] : undefined
    const decide = this.#decider.decide[name] as AnyDecide | undefined
    if (!command || !decide) {
      const expected = `a command of the decider ${this.#decider.category}`
      throw new AnnalsError(
        'invalid-argument',
        `The command of an event ${event.type} cannot be used: expected ${expected}, but got "${name}".`,
        { argument: 'commands', expected, received: name },
      )
    }
    if (command.requires === 'stream-exists' && stream.isNew)
      return { reason: 'stream-required', explanation: `${name} needs a stream that has events.` }
    if (command.requires === 'no-stream' && !stream.isNew)
      return { reason: 'stream-exists', explanation: `${name} begins a stream, but there was one already.` }
    const fitting = await command.input['~standard'].validate(input)
    if (fitting.issues) {
      const told = fitting.issues.map(({ message }) => message).join('; ')
      return { reason: 'invalid-input', explanation: `The input of ${name} does not fit: ${told}.` }
    }
    const callerId = event.metadata?.$callerId
    let decision: ReturnType<AnyDecide>
    try {
      decision = decide(stream.state, fitting.value, {
        stream: event.stream,
        now: event.recordedAt,
        caller: typeof callerId === 'string' ? { id: callerId } : undefined,
      })
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error)
      return { reason: 'failed', explanation: `${name} fails: ${told}` }
    }
    if ('rejected' in decision) {
      const why = this.#decider.rejections[decision.code] ?? ''
      return { reason: 'rejected', explanation: `${name} is rejected with ${decision.code}. ${why}`.trim() }
    }
    const types = (Array.isArray(decision) ? decision : [decision]).map(({ type }) => type)
    const [first, ...others] = types
    if (first !== event.type)
      return {
        reason: 'other-events',
        explanation: `${name} decides on ${types.join(', ') || 'nothing'}, but ${event.type} was recorded.`,
      }
    stream.expected = others
    return undefined
  }
}

interface StreamSoFar {
  state: unknown
  isNew: boolean
  /** What the decision before still goes on with. */
  expected: string[]
  isRefused: boolean
}

type Problem = Pick<Refusal, 'reason' | 'explanation'> & { readonly command?: string }

interface AnyCall {
  readonly command: string
  readonly input: unknown
}

interface AnyCommandsOfEvents {
  readonly [type: string]: ((event: never) => AnyCall | undefined) | undefined
}

type AnyDecide = (
  state: unknown,
  input: unknown,
  context: {
    readonly stream: string
    readonly now: Date
    readonly caller: { readonly id: string } | undefined
  },
) => Rejection | { readonly type: string } | readonly { readonly type: string }[]

const streamsMax = 1_000_000
