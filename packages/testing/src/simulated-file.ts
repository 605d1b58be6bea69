import type { SimulatedDisk } from './simulated-disk.ts'
import { systemError } from './system-error.ts'

const sectorBytes = 512

/** A file of a simulated disk: what programs see of it, what is durable, and what lies between. */
export class SimulatedFile {
  readonly #disk: SimulatedDisk
  #seen: Uint8Array<ArrayBuffer>
  #size = 0
  #durable: Uint8Array<ArrayBuffer>
  #durableSize = 0
  #unsynced: Write[] = []

  constructor(disk: SimulatedDisk, content: Uint8Array = new Uint8Array(0)) {
    this.#disk = disk
    this.#seen = content.slice()
    this.#durable = content.slice()
    this.#size = content.length
    this.#durableSize = content.length
  }

  get size(): number {
    return this.#size
  }

  /** What is found of it after a crash: what was durable, and pieces of what was not, each of a sector at most. */
  afterCrash(disk: SimulatedDisk, kept: number): SimulatedFile {
    const { random } = this.#disk
    let content = this.#durable.slice(0, this.#durableSize)
    let size = content.length
    for (const { offset, bytes } of random.shuffle(this.#unsynced)) {
      for (let at = 0; at < bytes.length; ) {
        const length = Math.min(sectorBytes - ((offset + at) % sectorBytes), bytes.length - at)
        if (random.chance(kept)) {
          content = withRoom(content, offset + at + length)
          content.set(bytes.subarray(at, at + length), offset + at)
          size = Math.max(size, offset + at + length)
        }
        at += length
      }
    }
    return new SimulatedFile(disk, content.subarray(0, size))
  }

  /** The same file of another disk, with what is durable of it and what is not. */
  copy(disk: SimulatedDisk): SimulatedFile {
    const copy = new SimulatedFile(disk)
    copy.#seen = this.#seen.slice(0, this.#size)
    copy.#size = this.#size
    copy.#durable = this.#durable.slice(0, this.#durableSize)
    copy.#durableSize = this.#durableSize
    copy.#unsynced = [...this.#unsynced]
    return copy
  }

  flip(offset: number, bit: number): void {
    for (const bytes of [this.#seen, this.#durable])
      if (offset < bytes.length) bytes[offset] = (bytes[offset] as number) ^ (1 << bit)
  }

  /** The file as a program has it open. */
  open(path: string) {
    const disk = this.#disk
    const { random, faults } = disk
    let isOpen = true
    const call = (what: string) => {
      disk.call(`${what} ${path}`)
      if (!isOpen) throw systemError('EBADF', path)
    }
    const transferred = (length: number) =>
      length > 1 && random.chance(faults.shortTransfers ?? 0) ? 1 + random.below(length - 1) : length
    const readNow = (into: Uint8Array, position: number): number => {
      call(`read ${into.length} at ${position} of`)
      if (random.chance(faults.readErrors ?? 0)) throw systemError('EIO', path, 'read')
      const bytes = this.#seen.subarray(position, Math.min(this.#size, position + transferred(into.length)))
      into.set(bytes)
      return bytes.length
    }
    const writeNow = (bytes: Uint8Array, position: number): number => {
      call(`write ${bytes.length} at ${position} of`)
      if (random.chance(faults.ioErrors ?? 0)) throw systemError('EIO', path)
      if (random.chance(faults.fullDisk ?? 0)) throw systemError('ENOSPC', path)
      const written = bytes.slice(0, transferred(bytes.length))
      this.#write({ offset: position, bytes: written })
      return written.length
    }
    const sync = (writes: number) => {
      if (random.chance(faults.ioErrors ?? 0)) {
        // The system then takes what it could not write for written, and a second sync does not try again.
        this.#unsynced.splice(0, random.below(writes + 1))
        throw systemError('EIO', path)
      }
      this.#makeDurable(writes)
    }
    return {
      path,
      size: () => {
        call('size of')
        return this.#size
      },
      readNow,
      writeNow,
      read: async (into: Uint8Array, position: number) => {
        await this.#passTime()
        return readNow(into, position)
      },
      write: async (bytes: Uint8Array, position: number) => {
        await this.#passTime()
        return writeNow(bytes, position)
      },
      sync: async () => {
        call('sync')
        const writes = this.#unsynced.length
        await this.#passTime()
        call('end of sync of')
        sync(writes)
      },
      syncNow: () => {
        call('sync')
        sync(this.#unsynced.length)
      },
      truncate: (size: number) => {
        call(`truncate to ${size}`)
        this.#truncate(size)
      },
      close: () => {
        isOpen = false
      },
    }
  }

  #write(write: Write): void {
    const end = write.offset + write.bytes.length
    this.#seen = withRoom(this.#seen, end)
    this.#seen.set(write.bytes, write.offset)
    this.#size = Math.max(this.#size, end)
    this.#unsynced.push(write)
  }

  #makeDurable(writes: number): void {
    for (const { offset, bytes } of this.#unsynced.splice(0, writes)) {
      this.#durable = withRoom(this.#durable, offset + bytes.length)
      this.#durable.set(bytes, offset)
      this.#durableSize = Math.max(this.#durableSize, offset + bytes.length)
    }
  }

  // A `Disk` truncates durably, so all that was written before is durable with it.
  #truncate(size: number): void {
    this.#makeDurable(this.#unsynced.length)
    for (const bytes of [this.#seen, this.#durable]) bytes.fill(0, size)
    this.#size = size
    this.#durableSize = size
  }

  // Other work goes on meanwhile, more or less of it.
  async #passTime(): Promise<void> {
    for (let turns = this.#disk.random.below(3); turns >= 0; turns--) await new Promise(setImmediate)
  }
}

interface Write {
  readonly offset: number
  readonly bytes: Uint8Array
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (bytes.length >= size) return bytes
  const larger = new Uint8Array(Math.max(size, bytes.length * 2))
  larger.set(bytes)
  return larger
}
