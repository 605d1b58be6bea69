import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.ts'
import { roomApp } from './room.ts'

const running: Server[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close({ graceMs: 0 })
})

async function serve(options: ServerOptions = {}) {
  const server = createServer(roomApp(), options)
  running.push(server)
  return { server, ...(await server.listen()) }
}

/** Sends a request as it is written and gives everything that comes back until the end. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => {
      socket.destroy()
      resolve(answer)
    })
    // A server that refuses before it has read everything may cut the connection after its answer.
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
  })
}

const get = (port: number, host: string, target = '/health') =>
  raw(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

test('a server binds to this machine alone, on a port that is free, and says where it is', async () => {
  const { url, port } = await serve()
  expect(url).toBe(`http://127.0.0.1:${port}`)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('a command with a body goes over a real connection, several on one', async () => {
  const { url } = await serve()
  const send = (path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await send('/commands/OpenRoom/room-1', { seats: 50 })).status).toBe(200)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => send('/commands/TakeSeat/room-1', { by: `Person ${index}` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
})

test.each([
  '127.0.0.1',
  'localhost',
  'LOCALHOST',
  'shop.localhost',
  '127.0.0.1:80',
  '[::1]:3000',
  '127.1.2.3',
])('a server bound to this machine answers for the host %s', async (host) => {
  const { port } = await serve()
  expect(await get(port, host)).toMatch(/^HTTP\/1\.1 200 /)
})

test.each([
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '192.168.0.1',
  '0.0.0.0',
  'evil.example:3000',
])('a server bound to this machine does not answer for the host %s', async (host) => {
  const { port } = await serve({ fallback: () => new Response('page') })
  for (const target of ['/health', '/', 'http://localhost/health']) {
    const answer = await get(port, host, target)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).toContain('"code":"forbidden-host"')
  }
})

test('a host that is named is answered for', async () => {
  const { port } = await serve({ allowedHosts: ['shop.example'] })
  expect(await get(port, 'Shop.Example')).toMatch(/^HTTP\/1\.1 200 /)
})

test('requests that are hardly any are refused and the server lives on', async () => {
  const { port, url } = await serve()
  expect(await raw(port, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await get(port, 'local host')).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(
    await raw(port, `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
  ).toMatch(/^HTTP\/1\.1 431 /)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('a body over the limit is refused while it is still being sent, whether or not its length is said', async () => {
  const { port } = await serve({ bodyBytesMax: 1_000 })
  for (const headers of [{}, { 'content-length': 50_000_000 }]) {
    let written = 0
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = '/commands/OpenRoom/room-1'
      const sent = request(
        {
          port,
          host: '127.0.0.1',
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode)
          sent.destroy()
        },
      )
      sent.on('error', reject)
      const write = () => {
        if (sent.destroyed) return
        written += 10_000
        sent.write(' '.repeat(10_000))
        setTimeout(write, 1)
      }
      write()
    })
    expect(status).toBe(413)
    expect(written).toBeLessThan(10_000_000)
  }
})

test('a body that is cut off before its end is no failure of the server', async () => {
  const reported: unknown[] = []
  const { port, url } = await serve({ onError: (error) => reported.push(error) })
  for (const headers of ['Content-Length: 100', 'Transfer-Encoding: chunked'])
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(
          `POST /commands/OpenRoom/room-1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`,
        )
        setTimeout(() => socket.destroy(), 30)
      })
      socket.on('close', () => setTimeout(resolve, 30))
    })
  expect((await fetch(`${url}/health`)).status).toBe(200)
  expect(reported).toEqual([])
})

test('a port that is taken is named', async () => {
  const { port } = await serve()
  const other = createServer(roomApp())
  const refused = await other.listen({ port }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'invalid-argument', details: { argument: 'port', received: port } })
  expect((refused as Error).message).toContain(`port ${port} of 127.0.0.1 is taken`)
})

test('a port or a host that is none is refused', async () => {
  const server = createServer(roomApp())
  await expect(server.listen({ port: 70_000 })).rejects.toMatchObject({
    code: 'invalid-argument',
    details: { argument: 'port' },
  })
  await expect(server.listen({ host: '203.0.113.7' })).rejects.toMatchObject({
    code: 'invalid-argument',
    details: { argument: 'host' },
  })
})

test('closing lets a running request end and takes no new connection', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let begun = false
  const { server, url } = await serve({
    fallback: async () => {
      begun = true
      await held
      return new Response('done')
    },
  })
  const running = fetch(`${url}/slow`)
  await expect.poll(() => begun).toBe(true)
  let closed = false
  const closing = server.close().then(() => {
    closed = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(closed).toBe(false)
  await expect(fetch(`${url}/health`)).rejects.toThrow()
  release()
  expect(await (await running).text()).toBe('done')
  const started = Date.now()
  await closing
  // The connection was kept alive, which is no reason to wait for it.
  expect(Date.now() - started).toBeLessThan(1_000)
})

test('closing cuts a request that does not end in time', async () => {
  const { server, url } = await serve({ fallback: () => new Promise<Response>(() => {}) })
  const running = fetch(`${url}/never`).catch((error: unknown) => error)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const started = Date.now()
  await server.close({ graceMs: 100 })
  expect(Date.now() - started).toBeGreaterThanOrEqual(90)
  expect(await running).toBeInstanceOf(Error)
})

test('a closed server leaves the application open', async () => {
  const app = roomApp()
  const server = createServer(app)
  await server.listen()
  await server.close()
  expect(await app.store.head()).toBe(0)
})
