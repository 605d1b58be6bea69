import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import type { Address } from './address.ts'
import { type Disk, type DiskFile, readFully, writeFully } from './disk.ts'

// The head file, all numbers little-endian; docs/reference/log-format.md says the same in words.
//   0       "ANNALSHD"
//   8       store id, 16 bytes
//  24 f64   address up to which everything is durable
//  32 f64   position of the last durable event
//  40 u32   process id of the writer, 0 if none has the store open
//  44       zeros
//  60 u32   CRC-32 of the first 60 bytes
const headBytes = 64
const magic = 'ANNALSHD'

/** What the writer tells other processes. Never more than is durable; less after a crash. */
export interface Head {
  readonly durable: Address
  readonly position: Position
  readonly processId: number
}

/** The writer's side: rewritten in place after every sync, and never synced itself, since it may always be behind. */
export class HeadFile {
  readonly #file: DiskFile
  readonly #storeId: string

  constructor(disk: Disk, directory: string, storeId: string) {
    const path = headPath(directory)
    this.#file = disk.open(path, disk.exists(path) ? 'write' : 'create')
    this.#storeId = storeId
  }

  write(head: Head): void {
    try {
      writeFully(this.#file, encodeHead(this.#storeId, head), 0)
    } catch {
      // What it is about is durable whether or not followers hear of it now; the next one says so too.
    }
  }

  close(): void {
    this.#file.close()
  }
}

/** The bytes of a head file. */
export function encodeHead(storeId: string, { durable, position, processId }: Head): Buffer {
  const bytes = Buffer.alloc(headBytes)
  bytes.write(magic, 0, 'latin1')
  bytes.write(storeId, 8, 'hex')
  bytes.writeDoubleLE(durable, 24)
  bytes.writeDoubleLE(position, 32)
  bytes.writeUInt32LE(processId, 40)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}

/** What the writer said last; `undefined` if there is nothing, it is torn, or of another store. */
export function readHead(disk: Disk, directory: string, storeId?: string): Head | undefined {
  const path = headPath(directory)
  if (!disk.exists(path)) return undefined
  const file = disk.open(path, 'read')
  try {
    return decode(readFully(file, Buffer.alloc(headBytes), 0), storeId)
  } finally {
    file.close()
  }
}

/** A follower's side: keeps the file open, since it looks often. */
export class HeadReader {
  readonly #disk: Disk
  readonly #path: string
  readonly #storeId: string
  readonly #bytes = Buffer.alloc(headBytes)
  #file: DiskFile | undefined

  constructor(disk: Disk, directory: string, storeId: string) {
    this.#disk = disk
    this.#path = headPath(directory)
    this.#storeId = storeId
  }

  read(): Head | undefined {
    // A store that is just being made has none yet.
    if (!this.#file && this.#disk.exists(this.#path)) this.#file = this.#disk.open(this.#path, 'read')
    return this.#file && decode(readFully(this.#file, this.#bytes, 0), this.#storeId)
  }

  close(): void {
    this.#file?.close()
  }
}

function headPath(directory: string): string {
  return join(directory, 'head')
}

function decode(bytes: Buffer, storeId: string | undefined): Head | undefined {
  if (bytes.length < headBytes || bytes.toString('latin1', 0, 8) !== magic) return undefined
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  if (storeId !== undefined && bytes.toString('hex', 8, 24) !== storeId) return undefined
  const durable = bytes.readDoubleLE(24)
  const position = bytes.readDoubleLE(32)
  // What no writer writes is as good as none.
  if (!isWhole(durable) || !isWhole(position)) return undefined
  return { durable, position, processId: bytes.readUInt32LE(40) }
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
