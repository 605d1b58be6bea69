import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp, createMemoryStore } from '@annals/core'
import { createServer, type Server } from '@annals/server'
import { openSqliteReadModels } from '@annals/sqlite'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, test as everywhere, expect } from 'vitest'
import { Cart } from '../src/cart.ts'
import { CartContents } from '../src/cart-contents.ts'
import { fillShop } from '../src/fill.ts'
import { modules } from '../src/modules.ts'
import { createPage } from '../src/page-files.ts'

// The browser of the tests is built for this platform alone; elsewhere they are reported as skipped.
const hasBrowser = process.platform === 'linux' && process.arch === 'x64'
const test = everywhere.runIf(hasBrowser)

let browser: Browser
let folder: string
let app: App
let server: Server
let shop: { readonly url: string; readonly port: number }
/** What went wrong in any page, except what a test provokes. */
let troubles: string[]

beforeAll(async () => {
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

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-shop-page-'))
  const store = createMemoryStore()
  await fillShop(store, { seed: 1, carts: 40, nowMs: Date.now() })
  app = createApp({ store, modules, readModels: [await openSqliteReadModels(folder)] })
  await open(0)
  troubles = []
})

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await server.close({ graceMs: 100 })
  await app.close()
  await app.store.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(port: number) {
  server = createServer(app, { fallback: await createPage() })
  shop = await server.listen({ port })
}

async function visit(path = '/', { width = 1280, connectsAfter = Promise.resolve() } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  await context.route('**/events?*', async (route) => {
    await connectsAfter
    await route.continue()
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text())
  })
  page.on('pageerror', (error) => troubles.push(error.message))
  await page.goto(shop.url + path)
  return page
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const cart = (page: Page) => page.getByRole('region', { name: /^The cart/ })
const history = (page: Page) => page.getByRole('region', { name: 'Its history' })
const line = (page: Page, item: string) => cart(page).getByRole('listitem').filter({ hasText: item })
const see = (page: Page, text: string | RegExp, within = cart(page)) =>
  within.getByText(text).first().waitFor()

/** Resolves when it gives the value. */
async function becomes<Value>(read: () => Promise<Value>, value: Value) {
  await expect.poll(read, { timeout: 10_000 }).toEqual(value)
}

test('a person shops: opens a cart, adds, changes, removes and checks out, and sees all of it in the history', async () => {
  const page = await visit()
  await page.getByLabel('Who is shopping?').fill('Ada')
  await button(page, 'Open a cart').click()
  await see(page, 'Open · Ada')
  await see(page, 'Still empty.')
  await button(page, 'Add whole milk').click()
  await see(page, /€1\.19 each/)
  await page.getByRole('searchbox', { name: 'Search the shelf' }).fill('bun')
  await becomes(() => page.locator('.product').count(), 1)
  await button(page, 'Add rolls/buns').click()
  await line(page, 'rolls/buns').waitFor()
  await button(page, 'One whole milk more').click()
  await see(page, '€2.83')
  await page.getByRole('spinbutton', { name: 'Quantity of rolls/buns' }).fill('10')
  await page.getByRole('spinbutton', { name: 'Quantity of rolls/buns' }).press('Enter')
  await see(page, '€6.88')
  await button(page, 'Remove whole milk').click()
  await becomes(() => line(page, 'whole milk').count(), 0)
  await button(page, 'Check out').click()
  await see(page, 'Checked out · Ada')
  await becomes(
    () => history(page).locator('.said').allTextContents(),
    [
      'Checked out for €4.50',
      'whole milk taken out',
      'rolls/buns changed to 10',
      'whole milk changed to 2',
      '1 × rolls/buns put in, at €0.45',
      '1 × whole milk put in, at €1.19',
      'Opened by Ada',
    ],
  )
  expect(await page.getByRole('spinbutton').count()).toBe(0)
  const name = new URL(page.url()).searchParams.get('cart') as string
  const types = await Array.fromAsync(app.store.read({ stream: name }), ({ type }) => type)
  expect(types).toEqual([
    'CartOpened',
    'ItemAdded',
    'ItemAdded',
    'QuantityChanged',
    'QuantityChanged',
    'ItemRemoved',
    'CheckedOut',
  ])
  expect(troubles).toEqual([])
})

test('the cart can be seen as of any of its events, and only looked at there', async () => {
  const { OpenCart, AddItem, RemoveItem } = Cart.commands
  await app.execute(OpenCart, 'cart-travel', { shopper: 'Bob' })
  await app.execute(AddItem, 'cart-travel', { item: 'soda', quantity: 2 })
  await app.execute(AddItem, 'cart-travel', { item: 'yogurt', quantity: 1 })
  await app.execute(RemoveItem, 'cart-travel', { item: 'soda' })
  const page = await visit('/?cart=cart-travel')
  await see(page, '€0.69')
  const slider = page.getByRole('slider')
  await slider.fill('1')
  await see(page, 'The cart, as it was')
  await see(page, '€2.18')
  expect(await line(page, 'yogurt').count()).toBe(0)
  expect(await button(page, 'Check out').count()).toBe(0)
  expect(
    await cart(page)
      .getByRole('button', { name: /more|less|Remove/ })
      .count(),
  ).toBe(0)
  await history(page).getByText('1 × yogurt put in').click()
  await see(page, '€2.87')
  await becomes(() => slider.inputValue(), '2')
  await button(page, 'Back to now').click()
  await becomes(() => line(page, 'soda').count(), 0)
  await button(page, 'Check out').waitFor()
  expect(troubles).toEqual([])
})

test('a second window on the same cart sees a change at once, and so do the figures behind the counter', async () => {
  const one = await visit()
  await button(one, 'Add soda').click()
  await line(one, 'soda').waitFor()
  const other = await visit(new URL(one.url()).search)
  await line(other, 'soda').waitFor()
  await button(one, 'One soda more').click()
  await becomes(() => other.getByRole('spinbutton', { name: 'Quantity of soda' }).inputValue(), '2')
  await button(other, 'Add yogurt').click()
  await line(one, 'yogurt').waitFor()
  await other.getByRole('region', { name: 'Open carts' }).getByText('€2.87').waitFor()
  await button(one, 'Check out').click()
  await see(other, 'Checked out · Guest')
  await becomes(() => other.getByRole('region', { name: 'Open carts' }).getByText('€2.87').count(), 0)
  expect(troubles).toEqual([])
})

test('what is refused is said as a sentence, and the cart stays as it is', async () => {
  const page = await visit()
  await button(page, 'Open a cart').click()
  await see(page, 'Still empty.')
  await button(page, 'Check out').click()
  await see(page, 'An empty cart cannot be checked out.')
  await button(page, 'Dismiss').click()
  await becomes(() => page.getByText('An empty cart cannot').count(), 0)
  await button(page, 'Add soda').click()
  const quantity = page.getByRole('spinbutton', { name: 'Quantity of soda' })
  await quantity.fill('5000')
  await quantity.press('Enter')
  await see(page, 'A cart holds at most 999 of one item (got 5000).')
  await becomes(() => quantity.inputValue(), '1')
  // The browser itself logs every answer that is no success; nothing else may be there.
  expect(troubles.filter((text) => !/status of 4(00|22)/.test(text))).toEqual([])
})

test('what someone is typing stays while the shop goes on around it', async () => {
  const page = await visit()
  await button(page, 'Add soda').click()
  const quantity = page.getByRole('spinbutton', { name: 'Quantity of soda' })
  await quantity.fill('12')
  const cartName = new URL(page.url()).searchParams.get('cart') as string
  await app.execute(Cart.commands.AddItem, cartName, { item: 'whole milk', quantity: 1 })
  await line(page, 'whole milk').waitFor()
  expect(await quantity.inputValue()).toBe('12')
  await quantity.press('Enter')
  await becomes(async () => (await app.query(CartContents, { cart: cartName })).lines[0]?.quantity, 12)
})

test('two quick presses are two steps, and open no two carts', async () => {
  const page = await visit()
  const before = (await Array.fromAsync(app.store.streams())).length
  await button(page, 'Add soda').dblclick()
  const quantity = page.getByRole('spinbutton', { name: 'Quantity of soda' })
  await becomes(() => quantity.inputValue(), '2')
  await button(page, 'One soda more').dblclick()
  await becomes(() => quantity.inputValue(), '4')
  expect(await Array.fromAsync(app.store.streams())).toHaveLength(before + 1)
  expect(troubles).toEqual([])
})

test('when the shop goes away the page says so, and when it comes back it goes on by itself', async () => {
  const page = await visit()
  await button(page, 'Add soda').click()
  await line(page, 'soda').waitFor()
  const name = new URL(page.url()).searchParams.get('cart') as string
  await server.close({ graceMs: 100 })
  await page.getByText('Reconnecting …').waitFor()
  await button(page, 'One soda more').click()
  await see(page, /The shop cannot be reached just now/)
  await app.execute(Cart.commands.AddItem, name, { item: 'curd', quantity: 1 })
  await open(shop.port)
  await page.getByText('Live', { exact: true }).waitFor()
  await line(page, 'curd').waitFor()
  await button(page, 'One soda more').click()
  await becomes(() => page.getByRole('spinbutton', { name: 'Quantity of soda' }).inputValue(), '2')
})

test('a cart that is not there is said, and another can be taken', async () => {
  const isSaid = Promise.withResolvers<void>()
  const page = await visit('/?cart=cart-of-nobody', { connectsAfter: isSaid.promise })
  await see(page, /cart-of-nobody.*has no events/)
  isSaid.resolve()
  // It stays, also when only now the page comes to be live.
  await page.getByText('Live', { exact: true }).waitFor()
  await see(page, /cart-of-nobody.*has no events/)
  await button(page, 'Add soda').click()
  await line(page, 'soda').waitFor()
})

test('on a phone nothing has to be scrolled sideways, and a bar leads to the cart', async () => {
  const page = await visit('/', { width: 360 })
  await page.locator('.bars').waitFor()
  for (const item of ['fruit/vegetable juice', 'whole milk']) await button(page, `Add ${item}`).click()
  await line(page, 'whole milk').waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  await page.getByRole('link', { name: /To the cart/ }).click()
  await expect.poll(() => button(page, 'Check out').isVisible()).toBe(true)
  expect(troubles).toEqual([])
})

test('everything that can be pressed or filled has a name, and can be reached by the keyboard', async () => {
  const page = await visit()
  await button(page, 'Add soda').click()
  await line(page, 'soda').waitFor()
  const nameless = await page.evaluate(`
    [...document.querySelectorAll('button, input, a, section')].filter((element) => {
      const labelled = element.getAttribute('aria-labelledby')
      const text = labelled ? document.getElementById(labelled)?.textContent : element.textContent
      return !(element.getAttribute('aria-label') ?? (text || element.labels?.[0]?.textContent))?.trim()
    }).map((element) => element.outerHTML)`)
  expect(nameless).toEqual([])
  const reached: unknown[] = []
  while (reached.length < 80 && reached.at(-1) !== 'Check out') {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate('document.activeElement.textContent.trim()'))
  }
  expect(reached).toContain('Check out')
})
