import { HttpError } from './http-error.ts'

/** Whether a host name or address is this machine's own loopback. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(name)
  )
}

/**
 * Stops unless the `Host` header names this machine, or one of `allowed`. A foreign page can let its own name point to
 * 127.0.0.1, and the browser then takes this server for the page's own (DNS rebinding); the header still tells.
 *
 * @throws HttpError `forbidden-host`
 */
export function assertHost(header: string | null, allowed: readonly string[]): void {
  const name = (header ?? '').replace(/:\d+$/, '')
  if (isLoopback(name) || allowed.some((each) => each.toLowerCase() === name.toLowerCase())) return
  throw new HttpError(
    'forbidden-host',
    `This server answers only for this machine, but the request names the host ${JSON.stringify(name.slice(0, 100))}. Use localhost, or name the host in allowedHosts.`,
    { host: name.slice(0, 100) },
  )
}
