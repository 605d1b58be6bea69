import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerIn, HttpConnection } from './http-connection.ts'

let server: Server
let url: string
beforeEach(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      response.statusCode = request.url === '/refused' ? 422 : 200
      if (request.url === '/chunked') {
        response.write(`${request.method} `)
        setTimeout(() => response.end(body), 5)
      } else if (request.url === '/cut') request.socket.destroy()
      else response.end(`${request.method} ${body}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

describe('a connection of the load', () => {
  it('posts several times over one connection and tells status and body', async () => {
    let connections = 0
    server.on('connection', () => connections++)
    const connection = await HttpConnection.open(url)
    expect(await connection.post('/', '{"a":"ä"}')).toEqual({
      status: 200,
      body: Buffer.from('POST {"a":"ä"}').toString('latin1'),
    })
    expect(await connection.post('/refused', '{}')).toEqual({ status: 422, body: 'POST {}' })
    expect(connections).toBe(1)
    connection.close()
  })

  it('takes an answer in chunks as complete only with its last chunk', async () => {
    const connection = await HttpConnection.open(url)
    const { body } = await connection.post('/chunked', '{"b":1}')
    expect(body).toContain('POST ')
    expect(body).toContain('{"b":1}')
    expect(await connection.post('/', '{}')).toEqual({ status: 200, body: 'POST {}' })
    connection.close()
  })

  it('rejects when the server cuts it, and ever after', async () => {
    const connection = await HttpConnection.open(url)
    await expect(connection.post('/cut', '{}')).rejects.toThrow()
    await expect(connection.post('/', '{}')).rejects.toThrow()
  })

  it('waits for every byte that the length promises', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
    for (let end = 0; end < text.length; end++) expect(answerIn(text.slice(0, end))).toBeUndefined()
    expect(answerIn(text)).toEqual({ status: 200, body: 'hello' })
  })
})
