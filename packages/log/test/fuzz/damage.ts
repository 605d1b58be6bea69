import { crc32 } from 'node:zlib'
import type { Random } from '@annals/testing'
import type { Files, Specimen } from './stores.ts'

/** Files that may be damaged, what was done to them, and whether checksums were made to fit again. */
export interface Damaged {
  readonly files: Files
  readonly what: readonly string[]
  /** Whoever makes checksums fit can make a store say anything; all that can be asked then is that it is survived. */
  readonly forged: boolean
}

/** Damages a store in one to three places and ways, as chance wants it. */
export function damage(specimen: Specimen, others: readonly Specimen[], random: Random): Damaged {
  const files = new Map(specimen.files)
  const what: string[] = []
  let forged = false
  for (let left = 1 + random.below(3); left > 0; left--) {
    const name = random.pick([...files.keys(), ...segmentsOf(files)])
    if (name === undefined) break
    if (random.chance(0.25)) {
      what.push(damageFiles(files, name, others, random))
      continue
    }
    const before = Buffer.from(files.get(name) as Uint8Array)
    const [did, after] = damageBytes(before, random)
    files.set(name, after)
    what.push(`${name}: ${did}`)
    if (random.chance(0.15) && makeChecksumsFit(after)) {
      forged = true
      what.push(`${name}: checksums made to fit`)
    }
  }
  return { files, what, forged }
}

function segmentsOf(files: Files): string[] {
  return [...files.keys()].filter((name) => /^\d/.test(name))
}

/** What goes wrong with whole files: gone, emptied, in the place of another, of another store, or not ours. */
function damageFiles(
  files: Map<string, Uint8Array>,
  name: string,
  others: readonly Specimen[],
  random: Random,
): string {
  const bytes = files.get(name) as Uint8Array
  const to = random.pick([
    ...files.keys(),
    '0000000099.log',
    '9999999999.log',
    'head',
    'annals.json',
    'annals.json.new',
    '0000000001.log',
  ])
  switch (random.below(5)) {
    case 0:
      files.delete(name)
      return `${name}: removed`
    case 1:
      files.set(name, new Uint8Array(0))
      return `${name}: emptied`
    case 2:
      files.set(to, bytes)
      return `${name}: copied to ${to}`
    case 3:
      files.delete(name)
      files.set(to, bytes)
      return `${name}: renamed to ${to}`
    default: {
      const other = random.pick(others)
      const found = other.files.get(name) ?? random.pick([...other.files.values()])
      files.set(name, found)
      return `${name}: that of the store '${other.name}'`
    }
  }
}

const numbers = [0, 1, 7, 8, 36, 48, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, 0x026e_4101]

function damageBytes(before: Buffer, random: Random): [string, Buffer] {
  const { length } = before
  const place = () => pickPlace(before, random)
  const at = place()
  const count = Math.min(length - at, 1 + random.below(random.pick([4, 16, 64, 512, 4096])))
  const after = Buffer.from(before)
  switch (random.below(11)) {
    case 0: {
      if (length === 0) break
      after[at] = (after[at] as number) ^ (1 << random.below(8))
      return [`a bit at ${at} flipped`, after]
    }
    case 1:
      return [`${count} bytes at ${at} zeroed`, after.fill(0, at, at + count)]
    case 2:
      return [`${count} bytes at ${at} set to 255`, after.fill(255, at, at + count)]
    case 3: {
      for (let index = at; index < at + count; index++) after[index] = random.below(256)
      return [`${count} bytes at ${at} made random`, after]
    }
    case 4: {
      if (at + 4 > length) break
      const number = random.pick([...numbers, length, length - at])
      after.writeUInt32LE(number, at)
      return [`the number ${number} written at ${at}`, after]
    }
    case 5:
      return [`cut off at ${at}`, before.subarray(0, at)]
    case 6: {
      const added = Buffer.alloc(count, random.pick([0, 255, random.below(256)]))
      return [`${count} bytes of ${added[0]} added`, Buffer.concat([before, added])]
    }
    case 7: {
      const to = place()
      return [
        `${count} bytes at ${at} inserted again at ${to}`,
        Buffer.concat([before.subarray(0, to), before.subarray(at, at + count), before.subarray(to)]),
      ]
    }
    case 8: {
      const to = place()
      before.copy(after, to, at, at + count)
      return [`${count} bytes at ${at} written over those at ${to}`, after]
    }
    case 9:
      return [
        `${count} bytes at ${at} taken out`,
        Buffer.concat([before.subarray(0, at), before.subarray(at + count)]),
      ]
    default: {
      const to = place()
      const swapped = Math.min(count, length - to, Math.abs(at - to))
      before.copy(after, to, at, at + swapped)
      before.copy(after, at, to, to + swapped)
      return [`${swapped} bytes at ${at} swapped with those at ${to}`, after]
    }
  }
  return ['nothing', after]
}

/** Where something is likely to go wrong: anywhere, or in or at the edge of a header. */
function pickPlace(bytes: Buffer, random: Random): number {
  const commits = commitsOf(bytes)
  if (commits.length === 0 || random.chance(0.4)) return random.below(bytes.length + 1)
  const commit = random.pick(commits)
  return random.pick([
    commit.at,
    commit.at,
    commit.end,
    commit.at + 4 * random.below(12),
    commit.at + 48 + 4 * random.below(7),
  ])
}

interface Commit {
  readonly at: number
  readonly end: number
}

function commitsOf(bytes: Buffer): Commit[] {
  const commits: Commit[] = []
  for (let at = 64; at + 48 <= bytes.length && bytes.readUInt32LE(at) === 0x026e_4101; ) {
    const end = at + Math.ceil((12 + bytes.readUInt32LE(at + 4)) / 8) * 8
    if (end > bytes.length) break
    commits.push({ at, end })
    at = end
  }
  return commits
}

/** Sets the checksums of a file's header, of its commits and of the events in them to what they would be. */
function makeChecksumsFit(bytes: Buffer): boolean {
  let changed = false
  const set = (at: number, from: number, to: number) => {
    const sum = crc32(bytes.subarray(from, to))
    changed ||= bytes.readUInt32LE(at) !== sum
    bytes.writeUInt32LE(sum, at)
  }
  if (bytes.length < 64) return false
  set(60, 0, 60)
  for (const { at } of commitsOf(bytes)) {
    const end = at + 12 + bytes.readUInt32LE(at + 4)
    for (let record = at + 48; record + 28 <= end; ) {
      const length = bytes.readUInt32LE(record + 4)
      if (length < 28 || record + length > end) break
      set(record, record + 4, record + length)
      record += length
    }
    set(at + 8, at + 12, end)
  }
  return changed
}
