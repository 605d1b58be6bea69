import { HttpConnection } from './http-connection.ts'
import { type Shopping, shop } from './shoppers.ts'

// The process that shops over HTTP, so that the load and the server do not share a core. It is sent a `LoadRequest` for
// each run and answers with a `LoadAnswer`; it ends when its parent disconnects.

/** What the load process is asked for. */
export interface LoadRequest extends Shopping {
  readonly url: string
}

/** What it answers. */
export type LoadAnswer = { readonly perSecond: number } | { readonly error: string }

process.on('message', async (request: LoadRequest) => {
  let answer: LoadAnswer
  try {
    answer = { perSecond: await shopOverHttp(request) }
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) }
  }
  process.send?.(answer)
})

async function shopOverHttp({ url, ...shopping }: LoadRequest): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: shopping.shoppers }, () => HttpConnection.open(url)),
  )
  try {
    return await shop(async (command, stream, input, shopper) => {
      const connection = connections[shopper] as HttpConnection
      const { status, body } = await connection.post(`/commands/${command}/${stream}`, JSON.stringify(input))
      if (status !== 200) throw new Error(`${command} was answered with ${status}: ${body}`)
    }, shopping)
  } finally {
    for (const connection of connections) connection.close()
  }
}
