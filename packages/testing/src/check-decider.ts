import { AssertionError } from 'node:assert/strict'
import {
  AnnalsError,
  type Command,
  type Decider,
  type EventSchemas,
  type ExecuteOptions,
  type InputOf,
  type Schema,
} from '@annals/core'
import fc from 'fast-check'
import { pastedTest } from './pasted-test.ts'
import { arbitraryOfSchema } from './schema-arbitrary.ts'
import { type Failure, type Invariants, type Step, type Tried, trySteps } from './tried-steps.ts'

/** How a decider is checked. */
export interface CheckOptions<State, Inputs extends { readonly [name: string]: Schema }>
  extends Pick<ExecuteOptions, 'caller'> {
  /** What holds of every state, each with a sentence for its name. One that throws does not hold. */
  readonly invariants?: Invariants<State> | undefined
  /** How many sequences of commands are tried. Default: 100. */
  readonly runs?: number | undefined
  /** The same seed gives the same commands. Default: another each time. */
  readonly seed?: number | undefined
  /** How many commands there are at most in one sequence. Default: 20. */
  readonly commandsMax?: number | undefined
  /**
   * Inputs for a command, or for single fields of its input, in place of what is made from its schema; for schemas that do
   * not describe themselves, and where made-up values would not do.
   */
  readonly arbitraries?: {
    readonly [Name in keyof Inputs]?:
      | fc.Arbitrary<InputOf<Inputs[Name]>>
      | { readonly [Field in keyof InputOf<Inputs[Name]>]?: fc.Arbitrary<InputOf<Inputs[Name]>[Field]> }
  }
}

/** What was tried. */
export interface Checked {
  readonly runs: number
  readonly seed: number
  /** For each command how often it was accepted, rejected, or refused before it was decided. */
  readonly commands: { readonly [command: string]: Tried }
}

/**
 * Tries sequences of commands with inputs made from their schemas, fitting ones and others, and checks after each that
 * every invariant holds, that nothing throws, that what is decided is declared and fits its schema, and that `decide` and
 * `evolve` are pure. A sequence that shows the opposite is made as short as can be and told as a test to be pasted.
 *
 * The test refers to the decider by its category in capitals, such as `Cart`, and to `invariants`, so it is best to give
 * those a name before they are given here.
 *
 * @throws AssertionError with the shortest sequence that was found
 * @throws AnnalsError `invalid-argument` if no fitting input of a command could be made
 *
 * @example
 * const invariants = { 'a balance is never negative': ({ balance }: AccountState) => balance >= 0 }
 * test('an account keeps its invariants', () => checkDecider(Account, { invariants }))
 */
export async function checkDecider<
  State,
  Events extends EventSchemas,
  Code extends string,
  Inputs extends { readonly [name: string]: Schema },
>(
  decider: Decider<State, Events, Code, Inputs>,
  options: CheckOptions<NoInfer<State>, Inputs> = {},
): Promise<Checked> {
  const { runs = 100, seed = Math.trunc(Math.random() * 2 ** 31), commandsMax = 20, caller } = options
  const any = decider as unknown as Decider
  const invariants = (options.invariants ?? {}) as Invariants<unknown>
  const tried = new Map(
    Object.keys(any.commands).map((name) => [name, { accepted: 0, rejected: 0, refused: 0, unfit: 0 }]),
  )
  const attempt = (steps: readonly Step[]) => trySteps(any, steps, { invariants, caller, tried })
  const property = fc.asyncProperty(
    stepsOf(any, (options.arbitraries ?? {}) as AnyArbitraries, commandsMax),
    async (steps) => {
      const failure = await attempt(steps)
      // The message is only for the runner; what is told is found again below, from the shortest steps.
      if (failure) throw new Error(failure.problem)
    },
  )
  const details = await fc.check(property, { numRuns: runs, seed })
  if (details.failed) {
    const [steps = []] = details.counterexample ?? []
    const failure = await attempt(steps)
    throw failed(any, failure ?? vanished(details), details.numRuns, seed)
  }
  for (const [name, { accepted, rejected, refused, unfit }] of tried)
    if (unfit > unfitMax && accepted + rejected + refused === 0) throw neverFits(name)
  return { runs, seed, commands: Object.fromEntries(tried) }
}

// Fewer may be bad luck.
const unfitMax = 20

type AnyArbitraries = {
  readonly [command: string]:
    | fc.Arbitrary<unknown>
    | { readonly [field: string]: fc.Arbitrary<unknown> }
    | undefined
}

function stepsOf(
  decider: Decider,
  arbitraries: AnyArbitraries,
  commandsMax: number,
): fc.Arbitrary<readonly Step[]> {
  const commands = Object.values(decider.commands)
  const steps = commands.map((command) => stepOf(command, arbitraries[command.name]))
  const openings = steps.filter((_step, index) => commands[index]?.requires === 'no-stream')
  const any = fc.array(fc.oneof(...steps), { maxLength: commandsMax, size: 'max' })
  if (openings.length === 0) return any
  // Nearly every command needs a stream, so most sequences begin by opening one.
  const opened = fc.tuple(fc.oneof(...openings), any).map(([first, others]) => [first, ...others])
  return fc.oneof({ weight: 9, arbitrary: opened }, { weight: 1, arbitrary: any })
}

function stepOf(command: Command, given: AnyArbitraries[string]): fc.Arbitrary<Step> {
  const wrong = fc.jsonValue({ maxDepth: 1 })
  return fc.record({
    command: fc.constant(command),
    input: fc.oneof(
      { withCrossShrink: true },
      { weight: 15, arbitrary: inputOf(command, given) },
      { weight: 1, arbitrary: wrong },
    ),
    // What is shrunk comes nearer to the first.
    afterMs: fc.constantFrom(...Array<number>(30).fill(0), 1_000, 3_600_000, 86_400_000, 31 * 86_400_000),
  })
}

function inputOf(command: Command, given: AnyArbitraries[string]): fc.Arbitrary<unknown> {
  if (given instanceof fc.Arbitrary) return given
  const described = arbitraryOfSchema(command.input)
  if (!described) throw neverFits(command.name)
  if (!given) return described
  return fc
    .tuple(described, fc.record(given))
    .map(([input, fields]) => (typeof input === 'object' ? { ...input, ...fields } : input))
}

function failed(decider: Decider, failure: Failure, runs: number, seed: number): AssertionError {
  return new AssertionError({
    message: `Not everything holds of the decider ${decider.category}: ${failure.problem}

Found in run ${runs} with the seed ${seed}, and made as short as it could be:

${pastedTest(decider, failure)}
`,
  })
}

// What comes and goes by itself has shown that it is not pure.
function vanished({ errorInstance }: { readonly errorInstance: unknown }): Failure {
  return {
    problem: `${(errorInstance as Error | null)?.message ?? 'something failed'} It came and went with the same commands, so something is not pure.`,
    events: [],
    execution: undefined,
    invariant: undefined,
  }
}

function neverFits(command: string): AnnalsError<'invalid-argument'> {
  const expected = `arbitraries: { ${command}: … }, a fast-check arbitrary of its inputs or of their fields`
  return new AnnalsError(
    'invalid-argument',
    `No input that fits could be made for the command ${command}, since its schema does not describe it well enough: expected ${expected}.`,
    { argument: 'arbitraries', expected, received: undefined },
  )
}
