/** What is kept of a file: bytes, or something made from them. */
interface Piece {
  readonly file: number
  readonly offset: number
  readonly value: unknown
  readonly bytes: number
  /** Whether it was asked for since the hand of the clock came by. */
  wasUsed: boolean
}

/**
 * The pieces of files that were used lately, up to a number of bytes: blocks of events, pages of indexes, filters. Nothing that
 * is kept ever changes what it says, so it may be shared with whoever still uses it.
 *
 * What goes when it is full is found by a clock (Corbató 1968): its hand goes round, and takes what was not used since last time.
 */
export class PieceCache {
  readonly #bytesMax: number
  readonly #files: Map<number, Piece>[] = []
  readonly #clock: Piece[] = []
  #hand = 0
  #bytes = 0
  #reserved = 0

  constructor(cacheBytesMax: number) {
    this.#bytesMax = cacheBytesMax
  }

  /** What the pieces take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Says how much of the bytes is taken by something else. */
  reserve(bytes: number): void {
    this.#reserved = bytes
  }

  /** A number for a file that has been opened. */
  addFile(): number {
    return this.#files.push(new Map()) - 1
  }

  get<Value>(file: number, offset: number): Value | undefined {
    const piece = this.#files[file]?.get(offset)
    if (piece === undefined) return undefined
    piece.wasUsed = true
    return piece.value as Value
  }

  put(file: number, offset: number, value: unknown, bytes: number): void {
    const pieces = this.#files[file] as Map<number, Piece>
    const known = pieces.get(offset)
    if (known) this.#drop(this.#clock.indexOf(known))
    const piece = { file, offset, value, bytes: bytes + pieceOverheadBytes, wasUsed: false }
    pieces.set(offset, piece)
    this.#clock.push(piece)
    this.#bytes += piece.bytes
    const max = Math.max(this.#bytesMax - this.#reserved, this.#bytesMax / 4)
    while (this.#bytes > max && this.#clock.length > 1) this.#makeRoom(piece)
  }

  /** Forgets all of a file that nobody will ask for any more. */
  removeFile(file: number): void {
    for (let index = this.#clock.length - 1; index >= 0; index--)
      if (this.#clock[index]?.file === file) this.#drop(index)
  }

  #makeRoom(newest: Piece): void {
    if (this.#hand >= this.#clock.length) this.#hand = 0
    const piece = this.#clock[this.#hand] as Piece
    if (piece.wasUsed || piece === newest) {
      piece.wasUsed = false
      this.#hand++
    } else this.#drop(this.#hand)
  }

  // The last one takes its place, which costs nothing. It is the newest, so the hand goes past it.
  #drop(index: number): void {
    const piece = this.#clock[index] as Piece
    const last = this.#clock.pop() as Piece
    if (last !== piece) this.#clock[index] = last
    if (index === this.#hand) this.#hand++
    this.#files[piece.file]?.delete(piece.offset)
    this.#bytes -= piece.bytes
  }
}

// The piece, its places in the map and in the clock, and the object over its bytes.
const pieceOverheadBytes = 300
