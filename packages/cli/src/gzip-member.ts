import { promisify } from 'node:util'
import { crc32, deflateRaw, inflateRaw } from 'node:zlib'

/**
 * A gzip member (RFC 1952) that says in its header how long it is, so that whoever goes on behind the last whole one finds
 * it without unpacking all. Members one after the other are a gzip file for every program.
 */
export async function gzipMember(content: Buffer): Promise<Buffer> {
  const deflated = await deflate(content)
  const member = Buffer.allocUnsafe(memberHeaderBytes + deflated.length + memberTrailerBytes)
  member.set(fixedHeader)
  member.writeUInt32LE(member.length, fixedHeader.length)
  member.set(deflated, memberHeaderBytes)
  member.writeUInt32LE(crc32(content), member.length - memberTrailerBytes)
  member.writeUInt32LE(content.length, member.length - memberTrailerBytes / 2)
  return member
}

/** What a member holds, or `undefined` if its bytes are not those that were written. */
export async function contentOf(member: Buffer): Promise<Buffer | undefined> {
  try {
    const content = await inflate(member.subarray(memberHeaderBytes, -memberTrailerBytes))
    return crc32(content) === member.readUInt32LE(member.length - memberTrailerBytes) ? content : undefined
  } catch {
    return undefined
  }
}

/** Bytes of a member's header. */
export const memberHeaderBytes = 20

/** How many bytes a member has, by its header; `undefined` if it is none of ours. */
export function memberBytes(header: Buffer): number | undefined {
  if (!isMemberStart(header)) return undefined
  const bytes = header.readUInt32LE(fixedHeader.length)
  return bytes > memberHeaderBytes + memberTrailerBytes ? bytes : undefined
}

/** Whether bytes begin as a member does, as far as they go. */
export function isMemberStart(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, fixedHeader.length)
  return fixedHeader.subarray(0, length).equals(bytes.subarray(0, length))
}

const memberTrailerBytes = 8
const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

// Deflated, with an extra field (section 2.3.1.1) named AN of four bytes; without a time, so that the same events give
// the same bytes.
const fixedHeader = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 0x41, 0x4e, 4, 0])
