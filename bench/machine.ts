import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** The file system of the folder that is measured, such as `ext4`; `unknown` where the system does not say. */
  readonly fileSystem: string
}

/** Describes this machine, and the file system that `directory` is on. Names no host and no path. */
export function describeMachine(directory: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(directory),
  }
}

/** The commit that is checked out, with `+changes` if the sources differ from it; `unknown` without git. */
export function currentCommit(): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const changed = git('status', '--porcelain', '--', '..', ':!results').length > 0
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+changes' : '')
  } catch {
    return 'unknown'
  }
}

function fileSystemOf(directory: string): string {
  let mounts: string
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8')
  } catch {
    return 'unknown'
  }
  const path = realpathSync(directory)
  let [longest, found] = ['', 'unknown']
  for (const line of mounts.split('\n')) {
    const [, at = '', kind = ''] = line.split(' ')
    const holds = at === '/' || path === at || path.startsWith(`${at}/`)
    // A later mount on the same place covers the earlier one.
    if (holds && at.length >= longest.length) [longest, found] = [at, kind]
  }
  return found
}
