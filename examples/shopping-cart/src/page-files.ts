import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shelf } from './prices.ts'

/**
 * The shop's page, for the `fallback` of a server. It is plain JavaScript, so what is sent is what stands in the folder `page`,
 * and lit-html as its package has it; all of it is read once, here.
 */
export async function createPage(): Promise<(request: Request) => Response> {
  const page = join(import.meta.dirname, 'page')
  const index = await readFile(join(page, 'index.html'))
  const files = new Map<string, File>([['/', fileOf('index.html', index)]])
  for (const name of await readdir(page))
    if (name !== 'index.html') files.set(`/page/${name}`, fileOf(name, await readFile(join(page, name))))
  for (const name of litHtmlFiles)
    files.set(`/lit-html/${name}`, fileOf(name, await readFile(join(litHtmlFolder(), name))))
  files.set('/shelf.json', fileOf('shelf.json', Buffer.from(JSON.stringify(shelf))))
  const policy = contentSecurityPolicy(index.toString())
  return (request) => respond(files, policy, request)
}

interface File {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly etag: string
}

const types: { readonly [extension: string]: string } = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
}

const litHtmlFiles = [
  'lit-html.js',
  'directive.js',
  'directive-helpers.js',
  'directives/live.js',
  'directives/repeat.js',
]

/** Where the files for browsers are: node is given others, which lie in a folder beneath. */
function litHtmlFolder(): string {
  return fileURLToPath(new URL('..', import.meta.resolve('lit-html')))
}

function fileOf(name: string, content: Buffer): File {
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  return { body: new Uint8Array(content), type, etag }
}

/** Nothing may run or be asked for but what the shop itself serves; the one inline script is allowed by its hash. */
function contentSecurityPolicy(html: string): string {
  const inline = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(inline).digest('base64')
  return `default-src 'self'; script-src 'self' 'sha256-${hash}'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`
}

function respond(files: ReadonlyMap<string, File>, policy: string, request: Request): Response {
  const { pathname } = new URL(request.url)
  const file = files.get(pathname)
  if (!file)
    return new Response(`There is nothing at ${pathname}. The shop is at /.\n`, {
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
  const headers = {
    'content-type': file.type,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    // Kept by the browser, but asked about each time, so that a changed page is seen at once.
    'cache-control': 'no-cache',
    etag: file.etag,
  }
  if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : file.body, { headers })
}
