import type { OnProgress, Progress } from '@annals/core'
import { type Options, SingleBar } from 'cli-progress'
import type { OutputStream } from './io.ts'
import { count, duration } from './text.ts'

/**
 * Draws how far something has come: a bar with the rate and the time left, or only the count and the rate while the
 * total is `Infinity`. Draws nothing unless the stream is a terminal. `stop` clears the line, and has to be called, however it ended.
 */
export function terminalProgress(
  label: string,
  stream: OutputStream = process.stderr,
): { readonly onProgress: OnProgress; stop(): void } {
  if (!stream.isTTY) return { onProgress: () => {}, stop: () => {} }
  let bar: SingleBar | undefined
  return {
    onProgress: (progress) => {
      if (bar) {
        bar.setTotal(finite(progress.total))
        bar.update(progress.done, payload(progress))
      } else {
        bar = new SingleBar(options(label, progress, stream))
        bar.start(finite(progress.total), progress.done, payload(progress))
      }
    },
    stop: () => {
      bar?.stop()
      bar = undefined
    },
  }
}

function options(label: string, { total }: Progress, stream: OutputStream): Options {
  const columns = stream.columns ?? 80
  const bar = Number.isFinite(total)
    ? '[{bar}] {percentage}% · {done} of {all} · {rate}/s · {left}'
    : '{done} · {rate}/s'
  return {
    stream,
    format: `${label} ${bar}`,
    barsize: Math.max(5, Math.min(30, columns - label.length - besideLength(total))),
    barCompleteChar: '#',
    barIncompleteChar: '-',
    hideCursor: true,
    clearOnComplete: true,
    linewrap: true,
    // The signals of the process are not for a progress bar to handle.
    gracefulExit: false,
  }
}

// The longest that stands beside the bar, so that nothing of it is cut off where there is room.
function besideLength(total: number): number {
  return ' [] 100% ·  of  · 1,000,000/s · 59 min 59 s left '.length + 2 * count(total).length
}

// cli-progress divides by the total.
function finite(total: number): number {
  return Number.isFinite(total) ? Math.max(1, total) : Number.MAX_SAFE_INTEGER
}

function payload({ done, total, perSecond, secondsLeft }: Progress): object {
  return {
    done: count(done),
    all: count(total),
    rate: count(perSecond),
    left: Number.isFinite(secondsLeft) ? `${duration(secondsLeft)} left` : '',
  }
}
