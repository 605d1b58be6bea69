import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Asks the system to forget what it keeps in memory of the files of a folder, so that they are read from the disk again;
 * what another program or a memory map is using stays. Answers with whether it could be asked: only where GNU `dd` is.
 */
export function forgetCachedFiles(directory: string): boolean {
  return filesIn(directory).every((path) => {
    try {
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'], { stdio: 'ignore' })
      return true
    } catch {
      // A store that is open may have removed a file since it was listed, and then there is nothing to forget.
      return !existsSync(path)
    }
  })
}

/** All files of a folder and of the folders in it. */
export function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}
