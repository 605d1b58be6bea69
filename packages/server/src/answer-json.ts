/** The JSON text of an answer. One that is undefined has none; null is the nearest thing that has. */
export function answerJson(answer: unknown): string {
  return JSON.stringify(answer) ?? 'null'
}
