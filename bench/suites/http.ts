import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type Server as BareServer, createServer as createBareServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type App, createApp } from '@annals/core'
import { Cart } from '@annals/example-shopping-cart/src/cart.ts'
import { openLog } from '@annals/log'
import { createServer } from '@annals/server'
import type { LoadAnswer, LoadRequest } from '../http-load.ts'
import { type Send, type Shopping, shop } from '../shoppers.ts'
import type { Suite } from '../suite.ts'

/** Commands of the shop a second: over HTTP from a second process, within the process, and what bare HTTP would allow. */
export const http: Suite = {
  name: 'http',
  async run(bench) {
    const store = await openLog(join(bench.directory, 'log'))
    const app = createApp({ store, modules: [Cart] })
    const server = createServer(app)
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' })
    const bare = await listenBare()
    const load = startLoad()
    try {
      let run = 0
      for (const shoppers of [1, 16, 64]) {
        const next = (): Shopping => ({ shoppers, seconds: bench.seconds, prefix: `run${run++}` })
        await bench.measure(`commands, ${shoppers} ${shoppers === 1 ? 'shopper' : 'shoppers'}`, async () => [
          { system: 'annals server', unit: 'commands/s', value: await load.run({ url, ...next() }) },
          { system: 'annals app, no HTTP', unit: 'commands/s', value: await shop(senderTo(app), next()) },
          {
            system: 'bare HTTP, nothing recorded',
            unit: 'commands/s',
            value: await load.run({ url: bare.url, ...next() }),
          },
        ])
      }
    } finally {
      load.stop()
      bare.server.close()
      await server.close()
      await app.close()
      await store.close()
    }
  },
}

interface LoadProcess {
  /** Shops, and answers with the commands a second. One run at a time. */
  run(request: LoadRequest): Promise<number>
  stop(): void
}

function startLoad(): LoadProcess {
  const child = fork(new URL('../http-load.ts', import.meta.url))
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`The process that makes the load ended early, with ${code}.`)
  })
  // Only a run that is waiting cares.
  ended.catch(() => undefined)
  return {
    async run(request) {
      const answered = once(child, 'message') as Promise<[LoadAnswer]>
      child.send(request)
      const [answer] = await Promise.race([answered, ended])
      if ('error' in answer) throw new Error(answer.error)
      return answer.perSecond
    },
    stop: () => child.disconnect(),
  }
}

function senderTo(app: App): Send {
  return async (name, stream, input) => {
    const command = app.commands.get(name)
    if (!command) throw new Error(`The shop has no command ${name}.`)
    const outcome = await app.execute(command, stream, input as never)
    if (!outcome.accepted) throw new Error(`${name} was rejected: ${outcome.message}`)
  }
}

// Reads the body and answers with as much as the server of Annals does; all that is between is left out.
async function listenBare(): Promise<{ readonly server: BareServer; readonly url: string }> {
  const server = createBareServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bareAnswer.length })
      response.end(bareAnswer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const bareAnswer = Buffer.alloc(400, ' ')
