import { AnnalsError, type AnyCommand, type ExecuteOptions } from '@annals/core'
import { correlationIdHeader, correlationIdOf, idHeader } from './correlation-id.ts'
import { eventsJson } from './event-json.ts'
import { expectedRevision } from './expected-revision.ts'
import { readJsonBody } from './json-body.ts'
import { problemResponse, rejectionProblem } from './problem.ts'
import { jsonResponse, type Route, type RouteContext } from './route.ts'

/** How commands are received: those of deciders for a stream, those with a decision model without one. */
export const commandRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/commands/{command}/{stream}',
    isForCallers: true,
    async handle(context) {
      const { app, path } = context
      const { command, options, input } = await received(context)
      if (command.kind === 'decision-command')
        throw misaddressed(command.name, `/commands/${command.name}, since it chooses its stream by itself`)
      return answered(app.execute(command, path.stream ?? '', input as never, options))
    },
  },
  {
    method: 'POST',
    path: '/commands/{command}',
    isForCallers: true,
    async handle(context) {
      const { command, options, input } = await received(context)
      if (command.kind === 'command')
        throw misaddressed(command.name, `/commands/${command.name}/{stream}, since it is for a stream`)
      return answered(context.app.execute(command, input as never, options))
    },
  },
]

interface Received {
  readonly command: AnyCommand
  readonly options: ExecuteOptions
  readonly input: unknown
}

async function received(context: RouteContext): Promise<Received> {
  const { app, request, caller, answerHeaders, parameters, bodyBytesMax } = context
  const correlationId = correlationIdOf(request) ?? app.newId()
  answerHeaders.set(correlationIdHeader, correlationId)
  const command = commandOf(context)
  const commandId = idHeader(request, 'Idempotency-Key')
  const options = { expectedRevision: expectedRevision(parameters), commandId, correlationId, caller }
  parameters.assertAllKnown()
  return { command, options, input: await readJsonBody(request, bodyBytesMax) }
}

async function answered(execution: ReturnType<RouteContext['app']['execute']>): Promise<Response> {
  const outcome = await execution
  if (!outcome.accepted) return problemResponse(rejectionProblem(outcome))
  const { stream, revision, position, events } = outcome
  return jsonResponse(
    `{"accepted":true,"stream":${JSON.stringify(stream)},"revision":${revision},"position":${position},"events":${eventsJson(events)}}`,
  )
}

function commandOf({ app, path }: RouteContext): AnyCommand {
  const name = path.command ?? ''
  const command = app.commands.get(name)
  if (command) return command
  const known = [...app.commands.keys()]
  throw new AnnalsError(
    'unknown-command',
    `There is no command ${JSON.stringify(name)}; there is ${known.join(', ') || 'none'}. Check its name.`,
    { command: name, known },
  )
}

function misaddressed(command: string, expected: string): AnnalsError {
  return new AnnalsError(
    'invalid-argument',
    `Command ${command} is not at this address: expected ${expected}.`,
    {
      argument: 'stream',
      expected,
      received: command,
    },
  )
}
