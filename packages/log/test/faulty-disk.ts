import type { Disk, DiskFile } from '../src/disk.ts'
import { realDisk } from '../src/disk.ts'

/** A call to the disk that can fail. */
export interface DiskCall {
  readonly operation:
    | 'open'
    | 'read'
    | 'write'
    | 'sync'
    | 'truncate'
    | 'rename'
    | 'remove'
    | 'syncDirectory'
    | 'makeDirectory'
  readonly path: string
  /** How often anything was called before. */
  readonly count: number
}

/**
 * What becomes of a call: nothing out of the ordinary, an error, a number of bytes after which a read or write falls
 * short, or an error after that many bytes were written.
 */
export type Fault = undefined | { readonly errno?: string; readonly bytes?: number }

/** The real disk, with faults where `plan` wants them. */
export function faultyDisk(plan: (call: DiskCall) => Fault, beforeSync = async () => {}): Disk {
  let count = 0
  const call = (operation: DiskCall['operation'], path: string): Fault => {
    const fault = plan({ operation, path, count: count++ })
    if (fault?.errno && fault.bytes === undefined) throw systemError(fault.errno, path)
    return fault
  }
  const wrap = (file: DiskFile): DiskFile => {
    const { path } = file
    const shortened = (fault: Fault, bytes: Buffer) =>
      fault?.bytes === undefined ? bytes : bytes.subarray(0, fault.bytes)
    const after = (fault: Fault, result: number) => {
      if (fault?.errno) throw systemError(fault.errno, path)
      return result
    }
    return {
      path,
      size: () => file.size(),
      read: async (into, position) => file.read(shortened(call('read', path), into), position),
      readNow: (into, position) => file.readNow(shortened(call('read', path), into), position),
      write: async (bytes, position) => {
        const fault = call('write', path)
        return after(fault, await file.write(shortened(fault, bytes), position))
      },
      writeNow: (bytes, position) => {
        const fault = call('write', path)
        return after(fault, file.writeNow(shortened(fault, bytes), position))
      },
      sync: async () => {
        await beforeSync()
        call('sync', path)
        await file.sync()
      },
      syncNow: () => {
        call('sync', path)
        file.syncNow()
      },
      truncate: (size) => {
        call('truncate', path)
        file.truncate(size)
      },
      close: () => file.close(),
    }
  }
  return {
    ...realDisk,
    open: (path, mode) => {
      call('open', path)
      return wrap(realDisk.open(path, mode))
    },
    makeDirectory: (path) => {
      call('makeDirectory', path)
      realDisk.makeDirectory(path)
    },
    rename: (from, to) => {
      call('rename', to)
      realDisk.rename(from, to)
    },
    remove: (path) => {
      call('remove', path)
      realDisk.remove(path)
    },
    syncDirectory: (path) => {
      call('syncDirectory', path)
      realDisk.syncDirectory(path)
    },
  }
}

function systemError(errno: string, path: string): Error {
  return Object.assign(new Error(`${errno}: made for a test`), { code: errno, path })
}
