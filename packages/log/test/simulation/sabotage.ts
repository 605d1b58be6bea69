import { SimulatedCrash } from '@annals/testing'
import type { Disk, DiskFile } from '../../src/index.ts'

type Methods<Target> = Partial<Target> | ((target: Target) => Partial<Target>)

/** A disk, file or store with other methods in the place of some of its own. */
export function withMethods<Target extends object>(target: Target, methods: Methods<Target>): Target {
  const other = typeof methods === 'function' ? methods(target) : methods
  return new Proxy(target, {
    get: (_, name) => {
      const method: unknown = Reflect.get(other, name) ?? Reflect.get(target, name)
      return typeof method === 'function' && !Reflect.has(other, name) ? method.bind(target) : method
    },
  })
}

/** The disk with other methods for the files whose path ends so. */
export function withFiles(ending: string, methods: Methods<DiskFile>): (disk: Disk) => Disk {
  return (disk) =>
    withMethods(disk, {
      open: (path, mode) => {
        const file = disk.open(path, mode)
        return path.endsWith(ending) ? withMethods(file, methods) : file
      },
    })
}

/** What to answer instead of an error of the disk; its end is no error that could be overlooked. */
export function overlooking<Answer>(call: () => Answer, instead: Answer): Answer {
  try {
    return call()
  } catch (error) {
    if (isEnd(error)) throw error
    return instead
  }
}

/** Whether the machine or the process has ended. */
export function isEnd(error: unknown): boolean {
  return error instanceof SimulatedCrash
}

/** All bytes of a file. */
export function bytesOf(file: DiskFile): Buffer {
  const bytes = Buffer.alloc(file.size())
  for (let done = 0; done < bytes.length; ) done += file.readNow(bytes.subarray(done), done)
  return bytes
}
