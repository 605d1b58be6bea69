/** An error as the file system reports it, with the name of the call that failed where that is known. */
export function systemError(code: string, path: string, syscall?: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code, path, ...(syscall && { syscall }) })
}
