import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AnnalsError } from '@annals/core'
import { realDisk } from '@annals/log'
import { ByteLines } from './byte-lines.ts'
import { fileError } from './file-error.ts'
import { contentOf, gzipMember, isMemberStart, memberBytes, memberHeaderBytes } from './gzip-member.ts'

/**
 * A file that an export is written to: lines, in a name that ends in `.gz` as gzip members of whole lines. What an
 * interruption leaves behind the last whole line (or member) is torn, and `begin` cuts it off.
 *
 * Every method throws `disk-full`, `disk-error` and `invalid-argument` for what the file system refuses.
 */
export class ExportFile {
  readonly path: string
  readonly #handle: FileHandle
  #end = 0

  /** Opens the file, or makes it. @throws AnnalsError `invalid-argument` if it is no regular file */
  static async open(path: string): Promise<ExportFile> {
    try {
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT)
      if ((await handle.stat()).isFile()) return new ExportFile(path, handle)
      await handle.close()
    } catch (error) {
      throw fileError(error, path)
    }
    throw unusable(path, 'a regular file, or - for standard output', 'it is none')
  }

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /**
   * The whole lines that are there. Read it to its end before `begin`.
   *
   * @throws AnnalsError `invalid-argument` if a file whose name ends in `.gz` holds what no export has written
   */
  async *lines(): AsyncGenerator<readonly string[]> {
    this.#end = 0
    try {
      if (this.#isCompressed) yield* this.#compressedLines()
      else yield* this.#plainLines()
    } catch (error) {
      throw fileError(error, this.path)
    }
  }

  /** Cuts off what lies behind the last whole line that `lines` gave, all if it was not asked. Resolves to how many bytes. */
  begin(): Promise<number> {
    return this.#using(async () => {
      const { size } = await this.#handle.stat()
      await this.#handle.truncate(this.#end)
      return size - this.#end
    })
  }

  /** Writes whole lines, each with its end. @throws AnnalsError `invalid-argument` if someone else has written since */
  append(text: string): Promise<void> {
    return this.#using(async () => {
      const { size } = await this.#handle.stat()
      if (size !== this.#end) throw writtenByOthers(this.path)
      const content = Buffer.from(text)
      const bytes = this.#isCompressed ? await gzipMember(content) : content
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#end + done)
        done += bytesWritten
      }
      this.#end += bytes.length
    })
  }

  /** Makes all of it durable. */
  sync(): Promise<void> {
    return this.#using(async () => {
      await this.#handle.sync()
      // The directory too, or the name may not survive a crash.
      realDisk.syncDirectory(dirname(this.path))
    })
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  get #isCompressed(): boolean {
    return this.path.endsWith('.gz')
  }

  async *#plainLines(): AsyncGenerator<readonly string[]> {
    const lines = new ByteLines()
    for (let at = 0; ; ) {
      const piece = await this.#read(at, pieceBytes)
      if (piece.length === 0) return
      at += piece.length
      const whole = lines.push(piece)
      for (const line of whole) this.#end += line.length + 1
      yield whole.map(textOf)
    }
  }

  async *#compressedLines(): AsyncGenerator<readonly string[]> {
    const { size } = await this.#handle.stat()
    while (this.#end < size) {
      const header = await this.#read(this.#end, memberHeaderBytes)
      if (!isMemberStart(header)) throw notOfAnExport(this.path, this.#end)
      if (header.length < memberHeaderBytes) return
      const bytes = memberBytes(header)
      if (bytes === undefined) throw notOfAnExport(this.path, this.#end)
      if (this.#end + bytes > size) return
      const content = await contentOf(await this.#read(this.#end, bytes))
      if (content?.at(-1) !== lineFeed) {
        // A crash of the machine may leave the length of the last one, but not all of its bytes.
        if (this.#end + bytes === size) return
        throw notOfAnExport(this.path, this.#end)
      }
      this.#end += bytes
      yield new ByteLines().push(content).map(textOf)
    }
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const into = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#handle.read(into, done, length - done, at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return into.subarray(0, done)
  }

  async #using<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw fileError(error, this.path)
    }
  }
}

const pieceBytes = 1024 * 1024
const lineFeed = 0x0a

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.length).toString()
}

function writtenByOthers(path: string): AnnalsError<'invalid-argument'> {
  const expected = 'a file that nobody else writes to'
  return new AnnalsError(
    'invalid-argument',
    `The export is stopped: expected ${expected}, but ${path} has changed meanwhile. See whether another export is running; when it has ended, run this one again.`,
    { argument: 'file', expected, received: path },
  )
}

function notOfAnExport(path: string, offset: number): AnnalsError<'invalid-argument'> {
  return unusable(
    path,
    'a missing or empty file, or one that annals export has begun',
    `at offset ${offset} it holds something else`,
  )
}

/** The error for a file that an export cannot be written to. */
export function unusable(path: string, expected: string, problem: string): AnnalsError<'invalid-argument'> {
  return new AnnalsError(
    'invalid-argument',
    `The file ${path} cannot be exported to: expected ${expected}, but ${problem}. Nothing was changed. Choose another file, or begin anew with --anew.`,
    { argument: 'file', expected, received: path },
  )
}
