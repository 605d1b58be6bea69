import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { AnnalsError } from '@annals/core'
import { lockFile } from './lock.ts'

/**
 * All that the log asks of a disk. Passed in, so that tests can put one in its place that fails where they say. Errors
 * are those of `node:fs`, with a `code` such as `ENOSPC`; `diskError` turns them into ours.
 */
export interface Disk {
  /** `create` fails if the file is there already. */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile
  exists(path: string): boolean
  /** Names of the entries, in no order. */
  list(directory: string): string[]
  /** Makes it and those above it, durably. */
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  remove(path: string): void
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void
  /**
   * Takes the lock that lies in a file, for this process or another; the end of the process frees it, however it ends.
   *
   * @returns `undefined` if it is taken
   */
  lock(path: string): DiskLock | undefined
}

/** A lock that is held. */
export interface DiskLock {
  release(): void
}

/** An open file. Reads and writes may be short, as the system's are. */
export interface DiskFile {
  readonly path: string
  size(): number
  read(into: Buffer, position: number): Promise<number>
  readNow(into: Buffer, position: number): number
  write(bytes: Buffer, position: number): Promise<number>
  writeNow(bytes: Buffer, position: number): number
  /** Makes what was written durable, and the size as far as it is needed to read it. */
  sync(): Promise<void>
  syncNow(): void
  truncate(size: number): void
  /** Closing again changes nothing. */
  close(): void
}

/** The disk of this machine. */
export const realDisk: Disk = {
  open: (path, mode) => new RealFile(path, openSync(path, { read: 'r', write: 'r+', create: 'wx+' }[mode])),
  exists: existsSync,
  list: (directory) => readdirSync(directory),
  makeDirectory: (path) => {
    const first = mkdirSync(path, { recursive: true })
    if (first === undefined) return
    // Each new directory is an entry of the one above it.
    for (let made = path; made.length >= first.length; made = dirname(made))
      realDisk.syncDirectory(dirname(made))
  },
  rename: renameSync,
  remove: unlinkSync,
  syncDirectory: (path) => {
    const descriptor = openSync(path, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  },
  lock: lockFile,
}

class RealFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  #closed = false

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  size(): number {
    return fstatSync(this.#descriptor).size
  }

  read(into: Buffer, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#descriptor, into, 0, into.length, position, (error, count) =>
        error ? reject(error) : resolve(count),
      )
    })
  }

  readNow(into: Buffer, position: number): number {
    return readSync(this.#descriptor, into, 0, into.length, position)
  }

  write(bytes: Buffer, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#descriptor, bytes, 0, bytes.length, position, (error, count) =>
        error ? reject(error) : resolve(count),
      )
    })
  }

  writeNow(bytes: Buffer, position: number): number {
    return writeSync(this.#descriptor, bytes, 0, bytes.length, position)
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve()))
    })
  }

  syncNow(): void {
    fdatasyncSync(this.#descriptor)
  }

  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size)
    // fdatasync may leave a smaller size unwritten, and then the cut bytes would be back after a crash.
    fsyncSync(this.#descriptor)
  }

  close(): void {
    // Its number may be that of another file by now.
    if (!this.#closed) closeSync(this.#descriptor)
    this.#closed = true
  }
}

/** Writes all of `bytes`, however short each write falls. */
export function writeFully(file: DiskFile, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += progress(file, file.writeNow(bytes.subarray(done), position + done))
}

/** The same without waiting for the disk. */
export async function writeFullyLater(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += progress(file, await file.write(bytes.subarray(done), position + done))
}

/** Reads until `into` is full or the file ends; answers with what was read. */
export function readFully(file: DiskFile, into: Buffer, position: number): Buffer {
  let done = 0
  while (done < into.length) {
    const count = file.readNow(into.subarray(done), position + done)
    if (count === 0) break
    done += count
  }
  return into.subarray(0, done)
}

/** The same without waiting for the disk. */
export async function readFullyLater(file: DiskFile, into: Buffer, position: number): Promise<Buffer> {
  let done = 0
  while (done < into.length) {
    const count = await file.read(into.subarray(done), position + done)
    if (count === 0) break
    done += count
  }
  return into.subarray(0, done)
}

function progress(file: DiskFile, count: number): number {
  if (count > 0) return count
  // A write that writes nothing and reports nothing would be tried for ever.
  throw Object.assign(new Error(`a write to ${file.path} wrote nothing`), { code: 'EIO' })
}

/** An error of the file system as one of ours: what happened to which file, and what to do. */
export function diskError(error: unknown, path: string): AnnalsError {
  if (error instanceof AnnalsError) return error
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new AnnalsError(
        'disk-full',
        `There is no room left to write ${path} (${errno}). Free some, and open the store again.`,
        { path },
        { cause: error },
      )
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new AnnalsError(
        'store-read-only',
        `${path} cannot be opened for writing (${errno}). Give this process the right to write it, or open the store with readOnly.`,
        { directory: path },
        { cause: error },
      )
    default:
      return new AnnalsError(
        'disk-error',
        `The operating system reported ${errno} for ${path}. Check the disk, and open the store again.`,
        { path, errno },
        { cause: error },
      )
  }
}
