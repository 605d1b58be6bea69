import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Asks the system to forget what it keeps in memory of the files of a folder, so that they are read from the disk again;
 * what another program or a memory map is using stays. Answers with whether it could be asked: only where GNU `dd` is.
 */
export function forgetCachedFiles(directory: string): boolean {
  try {
    for (const path of filesIn(directory))
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** All files of a folder and of the folders in it. */
export function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}
