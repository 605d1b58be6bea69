import type { JsonSchema } from '@annals/core'
import { jsonContent, problemResponses } from './openapi-parts.ts'

/** The routes for commands that wait for their time. */
export const scheduledPaths: { readonly [path: string]: JsonSchema } = {
  '/scheduled': {
    get: {
      operationId: 'listScheduled',
      tags: ['scheduled'],
      summary: 'The commands that wait for their time or are being executed, soonest first.',
      responses: {
        '200': {
          description: 'All of them.',
          content: jsonContent({
            type: 'object',
            required: ['scheduled'],
            properties: {
              scheduled: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['id', 'command', 'input', 'at', 'scheduledAt', 'state'],
                  properties: {
                    id: { type: 'string' },
                    command: { type: 'string' },
                    stream: { type: 'string', description: 'Left out if the command chooses it by itself.' },
                    input: {},
                    at: { type: 'string', format: 'date-time' },
                    caller: { type: 'object', description: 'On whose behalf, if that is known.' },
                    scheduledAt: { type: 'string', format: 'date-time' },
                    state: { enum: ['waiting', 'due'] },
                  },
                },
              },
            },
          }),
        },
        ...problemResponses,
      },
    },
  },
  '/scheduled/{id}/cancel': {
    post: {
      operationId: 'cancelScheduled',
      tags: ['scheduled'],
      summary: 'Calls a scheduled command off.',
      parameters: [
        {
          name: 'id',
          in: 'path',
          required: true,
          description: 'The id of a scheduled command.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        '200': {
          description: 'Whether it will not be executed; not if its time has come already.',
          content: jsonContent({
            type: 'object',
            required: ['cancelled'],
            properties: { cancelled: { type: 'boolean' } },
          }),
        },
        ...problemResponses,
      },
    },
  },
}
