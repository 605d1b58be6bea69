import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'

/** How blocks are made smaller. A dictionary is text that blocks are likely to have in common with. */
export interface Compression {
  compress(bytes: Buffer, dictionary: Buffer): Promise<Buffer>
  /** `length` is what comes out; anything else is an error. */
  decompress(bytes: Buffer, dictionary: Buffer, length: number): Promise<Buffer>
  decompressNow(bytes: Buffer, dictionary: Buffer, length: number): Buffer
}

// Beyond this level a few per cent are saved for several times the work.
const params = { [constants.ZSTD_c_compressionLevel]: 3 }

// Room for all of it at once: each further piece would be one more way to a thread and back.
const compressing = (bytes: Buffer, dictionary: Buffer) => ({
  params,
  dictionary,
  chunkSize: bytes.length + 1024,
  pledgedSrcSize: bytes.length,
})
const decompressing = (length: number, dictionary: Buffer) => ({
  dictionary,
  maxOutputLength: Math.max(1, length),
  chunkSize: Math.max(1024, length + 64),
})

/** Zstandard on other threads. */
export const zstdOnThreads: Compression = {
  compress: (bytes, dictionary) => promisify(zstdCompress)(bytes, compressing(bytes, dictionary)),
  decompress: async (bytes, dictionary, length) =>
    ofLength(await promisify(zstdDecompress)(bytes, decompressing(length, dictionary)), length),
  decompressNow,
}

/** Zstandard at once, so that everything happens in the same order again. */
export const zstdAtOnce: Compression = {
  compress: async (bytes, dictionary) => zstdCompressSync(bytes, compressing(bytes, dictionary)),
  decompress: async (bytes, dictionary, length) => decompressNow(bytes, dictionary, length),
  decompressNow,
}

function decompressNow(bytes: Buffer, dictionary: Buffer, length: number): Buffer {
  return ofLength(zstdDecompressSync(bytes, decompressing(length, dictionary)), length)
}

function ofLength(bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, but got ${bytes.length}`)
  return bytes
}
