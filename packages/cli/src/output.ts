import { styleText } from 'node:util'
import { AnnalsError } from '@annals/core'
import { exit } from './exit-code.ts'
import { Interruption, type Io, type OutputStream } from './io.ts'
import { type Column, Table } from './table.ts'

/** In what form, and how much, is written. */
export interface OutputOptions {
  /** One JSON document, or one a line for lists, instead of text for people. */
  readonly json: boolean
  /** No messages and no progress; errors are still told. */
  readonly quiet: boolean
}

/** What a command says: its data goes to stdout, messages to stderr. */
export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly #io: Io
  #waiting = ''

  constructor(io: Io, { json, quiet }: OutputOptions) {
    this.#io = io
    this.json = json
    this.quiet = quiet
  }

  /** Whether stdout is a terminal. */
  get isTerminal(): boolean {
    return this.#io.stdout.isTTY === true
  }

  /** How wide a line of text may be: the terminal's width; no limit elsewhere, so that nothing is lost in a file. */
  get widthMax(): number {
    return this.isTerminal ? (this.#io.stdout.columns ?? 80) : Infinity
  }

  /** A line of data. Kept back until a good many are together, or `flush`. */
  async line(text: string): Promise<void> {
    this.#waiting += `${text}\n`
    if (this.#waiting.length >= chunkLength) await this.flush()
  }

  /** A piece of data as it is, ends of lines included. */
  async text(piece: string): Promise<void> {
    this.#waiting += piece
    if (this.#waiting.length >= chunkLength) await this.flush()
  }

  /** Lines of data. */
  async lines(texts: readonly string[]): Promise<void> {
    for (const text of texts) this.#waiting += `${text}\n`
    if (this.#waiting.length >= chunkLength) await this.flush()
  }

  /** One JSON document in one line. */
  async jsonLine(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value))
  }

  /** Hands on what was kept back; resolves when it is written. @throws Interruption if nobody reads it any more */
  async flush(): Promise<void> {
    const text = this.#waiting
    this.#waiting = ''
    if (text !== '') await written(this.#io.stdout, text)
  }

  /** A sentence for whoever watches. */
  message(text: string): void {
    if (!this.quiet) this.#io.stderr.write(`${text}\n`)
  }

  /** A table for stdout. */
  table<Row>(columns: readonly Column<Row>[]): Table<Row> {
    return new Table(columns, { widthMax: this.widthMax, heading: (line) => this.style('bold', line) })
  }

  /** A text in a style, on a terminal that wants colours. */
  style(format: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string): string {
    return hasColours(this.#io.stdout, this.#io.env)
      ? styleText(format, text, { validateStream: false })
      : text
  }
}

/** Whether colours may be written: only to a terminal, and not with NO_COLOR (no-color.org). */
export function hasColours(stream: OutputStream, env: Io['env']): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

const chunkLength = 64 * 1024

function written(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error?: NodeJS.ErrnoException | null) => {
      if (!error) resolve()
      else if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
        reject(new Interruption('Nobody reads the output any more.', exit.done))
      else reject(unwritable(error))
    })
  })
}

function unwritable(cause: NodeJS.ErrnoException): AnnalsError {
  const path = 'stdout'
  const errno = cause.code ?? 'unknown'
  if (errno === 'ENOSPC')
    return new AnnalsError('disk-full', 'There is no room left for the output.', { path }, { cause })
  return new AnnalsError('disk-error', `The output cannot be written (${errno}).`, { path, errno }, { cause })
}
