import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'

/** How blocks are made smaller. */
export interface Compression {
  compress(bytes: Buffer): Promise<Buffer>
  /** `length` is what comes out; anything else is an error. */
  decompress(bytes: Buffer, length: number): Promise<Buffer>
  decompressNow(bytes: Buffer, length: number): Buffer
}

// Beyond this level a few per cent are saved for several times the work.
const params = { [constants.ZSTD_c_compressionLevel]: 3 }

/** Zstandard on other threads. */
export const zstdOnThreads: Compression = {
  compress: (bytes) => promisify(zstdCompress)(bytes, { params }),
  decompress: async (bytes, length) =>
    ofLength(await promisify(zstdDecompress)(bytes, { maxOutputLength: length }), length),
  decompressNow,
}

/** Zstandard at once, so that everything happens in the same order again. */
export const zstdAtOnce: Compression = {
  compress: async (bytes) => zstdCompressSync(bytes, { params }),
  decompress: async (bytes, length) => decompressNow(bytes, length),
  decompressNow,
}

function decompressNow(bytes: Buffer, length: number): Buffer {
  return ofLength(zstdDecompressSync(bytes, { maxOutputLength: length }), length)
}

function ofLength(bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, but got ${bytes.length}`)
  return bytes
}
