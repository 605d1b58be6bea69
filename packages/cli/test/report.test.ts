import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import chromium from '@sparticuz/chromium'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, beforeAll, test as everywhere, expect } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

// The browser of the tests is built for this platform alone; elsewhere they are reported as skipped.
const hasBrowser = process.platform === 'linux' && process.arch === 'x64'
const test = everywhere.runIf(hasBrowser)

const temporary = temporaryDirectories()
const nasty = '</script><script>alert(1)</script><img src=https://example.com/x>'

/** Tickets that are opened, worked on and closed; some are reopened, some filed, and one is odd. */
function tickets(): string {
  const rows = ['case,activity,time,by']
  for (let ticket = 0; ticket < 120; ticket++) {
    const steps = [
      'open',
      'take over',
      ...(ticket % 4 === 0 ? ['wait', 'take over'] : []),
      'resolve',
      'close',
    ]
    if (ticket % 9 === 0) steps.splice(-1, 0, 'resolve')
    if (ticket === 77) steps.splice(1, steps.length, nasty)
    steps.forEach((step, index) => {
      const at = new Date(
        Date.UTC(2026, 0, 1 + ticket) + index * (ticket % 4 === 0 ? 50 : 20) * 60_000,
      ).toISOString()
      rows.push(`t${ticket},${step.includes('<') ? `"${step}"` : step},${at},${index % 2 ? 'Ann' : 'Bob'}`)
    })
  }
  // Those that are over are filed together on the last day.
  for (let ticket = 20; ticket < 40; ticket++)
    rows.push(`t${ticket},file,${new Date(Date.UTC(2026, 3, 30, 0, 0, ticket)).toISOString()},Cyd`)
  return `${rows.join('\n')}\n`
}

let browser: Browser
let path = ''

beforeAll(async () => {
  const directory = await temporary()
  const [log, page] = [join(directory, 'tickets.csv'), join(directory, 'tickets.html')]
  await writeFile(log, tickets())
  const { code, stdout } = await annals(['mine', 'report', '--file', log, '--resource', 'by', '--html', page])
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Wrote ${page}: what 572 events of 120 cases show.\n` })
  path = page
  if (!hasBrowser) return
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a single process the browser ends with its first window, and it would not keep pages apart.
    args: chromium.args.filter(
      (argument) => !['--single-process', '--no-zygote', '--disable-web-security'].includes(argument),
    ),
  })
}, 60_000)
afterAll(() => browser?.close())

/** Opens the report, and fails for whatever it would load or complain about. */
async function looking(options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => troubles.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => troubles.push(error.message))
  page.on('dialog', (dialog) => troubles.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) troubles.push(`request: ${request.url()}`)
  })
  await page.goto(pathToFileURL(path).href)
  await look(page)
  await context.close()
  expect(troubles).toEqual([])
}

everywhere(
  'the report is one page with everything in it, and texts of the log cannot become part of it',
  () => {
    const page = readFileSync(path, 'utf8')
    expect(page).toContain(`content="default-src 'none'`)
    expect(page).not.toMatch(/(src|href)="(?!#|data:)/)
    expect(page).not.toContain('@import')
    expect(page).not.toContain('<img')
    expect(page).not.toContain('<script>alert')
    for (const text of [
      'In short',
      '120',
      'Median duration',
      'All steps as a table',
      'Download it as BPMN 2.0',
    ])
      expect(page).toContain(text)
  },
)

test('the slider shows more or less of the map, and says what it hides', () =>
  looking({}, async (page) => {
    const shown = () => page.locator('figure:visible')
    const slider = page.getByRole('slider', { name: 'How much is shown' })
    await slider.press('Home')
    expect(await shown().count()).toBe(1)
    expect(await shown().textContent()).toMatch(
      /Shows \d+\.\d % of the cases.*Hidden: .*steps? taken \d+ times/s,
    )
    expect(await shown().locator('svg').textContent()).not.toContain('wait')
    await slider.press('End')
    expect(await shown().locator('figcaption').textContent()).toBe('Everything is shown.')
    expect(await shown().locator('svg').textContent()).toContain('wait')
    expect(await slider.getAttribute('aria-valuetext')).toBe('100.0 % of the cases')
  }))

test('the map tells how often or how long', () =>
  looking({}, async (page) => {
    await page.getByRole('radio', { name: 'How long' }).check({ force: true })
    const texts = page.locator('figure:visible .label text:visible')
    expect(await texts.allTextContents()).toContain('20 min 0 s')
    await page.getByRole('radio', { name: 'How often' }).check({ force: true })
    expect(await texts.allTextContents()).not.toContain('20 min 0 s')
  }))

test('a finding leads to the event that it is about', () =>
  looking({}, async (page) => {
    await page.locator('#unusual a').first().click()
    const event = page.locator('tr:target')
    await event.waitFor({ state: 'visible' })
    expect(await event.getAttribute('class')).toBe('marked')
    expect(await page.locator('#rules a').count()).toBeGreaterThan(0)
  }))

test.each([
  { width: 1280, height: 900, colorScheme: 'light' },
  { width: 1280, height: 900, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 320, height: 640, colorScheme: 'dark' },
] as const)('it fits $width pixels, in $colorScheme', ({ width, height, colorScheme }) =>
  looking({ viewport: { width, height }, colorScheme }, async (page) => {
    // As text: the page has what the tests do not know of.
    const needed: number = await page.evaluate('document.documentElement.scrollWidth')
    const background: string = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(needed).toBeLessThanOrEqual(width)
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(14, 17, 22)' : 'rgb(246, 247, 249)')
  }),
)

test('who does what and with whom, how much is under way and what was done at once are told and drawn', () =>
  looking({}, async (page) => {
    const people = page.locator('#people')
    expect(await people.textContent()).toContain(
      'Ann and Bob work on the same cases most: on 120, 100.0 % of all.',
    )
    expect(await people.locator('svg.network line').count()).toBe(3)
    expect(await people.locator('svg.network text').allTextContents()).toEqual(
      expect.arrayContaining(['Ann', 'Bob']),
    )
    expect(await people.locator('.cards li').count()).toBeGreaterThan(1)
    expect(await people.textContent()).toContain('Ann for Bob: ')
    const time = page.locator('#time')
    expect(await time.locator('svg path.open').count()).toBe(1)
    expect(await time.textContent()).toContain(
      'Cases under way, on average in each day; most from 2026-03-14 00:00 on: 20.21.',
    )
    expect(await time.textContent()).toContain('“file” by Cyd, 2026-04-30 00:00')
    await time.locator('.cards a').first().click()
    expect(await page.locator('tr:target').textContent()).toContain('file')
    const rates = page.locator('#unusual .cards').nth(1)
    expect(await rates.textContent()).toContain('"file" was 20 times; mostly it is 0 times.')
    expect(await page.locator('#short').textContent()).toContain('In the last day "file" was 20 times')
  }))

test('without scripts it shows a map and all else', () =>
  looking({ javaScriptEnabled: false }, async (page) => {
    expect(await page.locator('figure:visible').count()).toBe(1)
    expect(await page.getByRole('slider').count()).toBe(0)
    expect(await page.locator('#variants li').count()).toBeGreaterThan(3)
  }))

everywhere('nothing, one event, one case and times that cannot be give a report as well', async () => {
  for (const rows of [
    '',
    '1,a,2026-01-01\n',
    '1,a,2026-01-01\n1,a,2026-01-02\n1,b,2026-01-02\n',
    '1,a,0001-01-01\n2,a,2026-01-01\n2,b,9999-12-31\n',
  ]) {
    const { code, stdout } = await annals(
      ['mine', 'report', '--file', '-', '--format', 'csv', '--html', '-', '--quiet'],
      {
        stdin: `case,activity,time\n${rows}`,
      },
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^<!doctype html>\n.*<\/html>\n$/s)
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/)
  }
})

everywhere('it has to be said where to write it', async () => {
  const { code, stderr } = await annals(['mine', 'report'])
  expect(code).toBe(2)
  expect(stderr).toContain('--html <file>')
})
