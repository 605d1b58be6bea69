/** An error as the file system reports it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code, path })
}
