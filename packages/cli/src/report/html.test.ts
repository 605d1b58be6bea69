import { expect, test } from 'vitest'
import { escaped, html } from './html.ts'

test('values in HTML are escaped, pieces of HTML are not, and nothing stands for nothing', () => {
  const piece = html`<b>${'<i>&"\''}</b>`
  expect(piece.text).toBe('<b>&#60;i&#62;&#38;&#34;&#39;</b>')
  expect(html`${[piece, 1]}${undefined}${false}${0}`.text).toBe(`${piece.text}10`)
})

test('what turns the direction of writing is marked', () => {
  expect(escaped('a\u202eb')).toBe('a\ufffdb')
})
