import { AnnalsError, type Command } from '@annals/core'
import { correlationIdHeader, correlationIdOf } from './correlation-id.ts'
import { eventsJson } from './event-json.ts'
import { expectedRevision } from './expected-revision.ts'
import { readJsonBody } from './json-body.ts'
import { problemResponse, rejectionProblem } from './problem.ts'
import { jsonResponse, type Route } from './route.ts'

/** How commands are received. */
export const commandRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/commands/{command}/{stream}',
    isForCallers: true,
    async handle({ app, request, caller, answerHeaders, path, parameters, bodyBytesMax }) {
      const correlationId = correlationIdOf(request) ?? app.newId()
      answerHeaders.set(correlationIdHeader, correlationId)
      const name = path.command ?? ''
      const command = app.commands.get(name)
      if (!command) throw unknownCommand(name, app.commands)
      const options = { expectedRevision: expectedRevision(parameters), correlationId, caller }
      parameters.assertAllKnown()
      const input = await readJsonBody(request, bodyBytesMax)
      const outcome = await app.execute(command, path.stream ?? '', input as never, options)
      if (!outcome.accepted) return problemResponse(rejectionProblem(outcome))
      const { stream, revision, position, events } = outcome
      return jsonResponse(
        `{"accepted":true,"stream":${JSON.stringify(stream)},"revision":${revision},"position":${position},"events":${eventsJson(events)}}`,
      )
    },
  },
]

function unknownCommand(command: string, commands: ReadonlyMap<string, Command>): AnnalsError {
  const known = [...commands.keys()]
  return new AnnalsError(
    'unknown-command',
    `There is no command ${JSON.stringify(command)}; there is ${known.join(', ') || 'none'}. Check its name.`,
    { command, known },
  )
}
