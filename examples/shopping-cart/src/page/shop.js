import { html, nothing, render } from 'lit-html'
import { cartView } from './cart-view.js'
import { counterView } from './counter-view.js'
import { historyView } from './history-view.js'
import { ask, eventsOf, follow, get, give, Problem } from './http.js'
import { shelfView } from './shelf-view.js'
import { counted, money } from './text.js'

/** @import { RecordedEventObject } from '@annals/core' */
/** @import { BestSeller } from '../best-sellers.ts' */
/** @import { CartContentsAnswer } from '../cart-contents.ts' */
/** @import { OpenCartsAnswer } from '../open-carts.ts' */
/** @import { Product } from '../prices.ts' */
/** @import { DayRevenue } from '../revenue-by-day.ts' */

/**
 * Everything the page shows.
 *
 * @typedef {object} State
 * @property {readonly Product[]} shelf
 * @property {string} search
 * @property {string} aisle empty for all
 * @property {boolean} wholeShelf whether all of the shelf is shown, not only what is wanted most
 * @property {string} shopper the name that the next cart is opened with
 * @property {string | undefined} cart the name of the cart that is looked at
 * @property {CartContentsAnswer | undefined} contents what is in it now
 * @property {readonly RecordedEventObject[]} history its events
 * @property {CartContentsAnswer | undefined} past what was in it, while a moment of the past is looked at
 * @property {{ item: string, text: string } | undefined} typing the quantity that someone is typing, which nothing may overwrite
 * @property {string | undefined} refusal why the last wish was not fulfilled
 * @property {string | undefined} refusalCode the code of that
 * @property {boolean} connected
 * @property {OpenCartsAnswer | undefined} openCarts
 * @property {readonly BestSeller[] | undefined} bestSellers
 * @property {readonly DayRevenue[] | undefined} revenue
 */

/** @type {State} */
const state = {
  shelf: [],
  search: '',
  aisle: '',
  wholeShelf: false,
  shopper: '',
  cart: undefined,
  contents: undefined,
  history: [],
  past: undefined,
  typing: undefined,
  refusal: undefined,
  refusalCode: undefined,
  connected: true,
  openCarts: undefined,
  bestSellers: undefined,
  revenue: undefined,
}

/** What a person can do; the views call these. */
const actions = {
  /** @param {Partial<Pick<State, 'search' | 'aisle' | 'wholeShelf' | 'shopper' | 'typing' | 'refusal'>>} change */
  set(change) {
    Object.assign(state, change)
    show()
  },
  openCart: () => inTurn(openCart),
  /** @param {string} item */
  addItem: (item) =>
    inTurn(async () => {
      // Whoever has no cart, or one that is closed, takes a new one from the stack at the door.
      if (state.contents?.status !== 'open') await openCart()
      await command('AddItem', { item, quantity: 1 })
      announce(`${item} is in the cart.`)
    }),
  /** @param {string} item */
  removeItem: (item) =>
    inTurn(async () => {
      await command('RemoveItem', { item })
      announce(`${item} is out of the cart.`)
    }),
  /**
   * @param {string} item
   * @param {number} quantity
   */
  changeQuantity: (item, quantity) =>
    inTurn(async () => {
      state.typing = undefined
      await command('ChangeQuantity', { item, quantity })
      announce(`${item}: ${quantity}.`)
    }),
  /**
   * @param {string} item
   * @param {number} difference
   */
  changeBy: (item, difference) =>
    inTurn(async () => {
      // As many as there are when its turn comes: two quick presses are two steps.
      const quantity = (state.contents?.lines.find((line) => line.item === item)?.quantity ?? 0) + difference
      await command('ChangeQuantity', { item, quantity })
      announce(`${item}: ${quantity}.`)
    }),
  checkOut: () =>
    inTurn(async () => {
      await command('CheckOut', {})
      announce(`Checked out. Thank you!`)
    }),
  abandon: () =>
    inTurn(async () => {
      await command('AbandonCart', {})
      announce('The cart is abandoned.')
    }),
  /**
   * Looks at the cart as it was after one of its events, or, without a revision, as it is now.
   *
   * @param {number | undefined} revision
   */
  lookBack: (revision) => attempt(() => lookBack(revision)),
  /** @param {string | undefined} cart */
  goTo(cart) {
    history.pushState(null, '', cart ? `?cart=${encodeURIComponent(cart)}` : location.pathname)
    attempt(() => look(cart))
    document.getElementById('cart')?.scrollIntoView({ block: 'nearest' })
  },
}

/** @typedef {typeof actions} Actions */

const root = /** @type {HTMLElement} */ (document.getElementById('shop'))
let announced = ''

function show() {
  const { contents, connected } = state
  const units = contents?.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0
  render(
    html`
      <a class="skip" href="#cart">Skip to the cart</a>
      <header class="top">
        <a class="brand" href="/">
          <img src="/page/icon.svg" alt="" width="32" height="32" />
          <span>The Annals Shop</span>
        </a>
        <p class="motto">A grocery whose carts never forget.</p>
        <p class="connection" data-connected=${connected} role="status">
          ${connected ? 'Live' : 'Reconnecting …'}
        </p>
      </header>
      <main>
        <div class="shopping">
          ${shelfView(state, actions)}
          <div class="side">${cartView(state, actions)} ${historyView(state, actions)}</div>
        </div>
        ${counterView(state, actions)}
      </main>
      <footer>
        Every number here is folded from events. See
        <a href="/openapi.json">the HTTP interface</a> and <a href="/health">how the shop is doing</a>.
      </footer>
      ${
        contents?.status === 'open'
          ? html`<a class="to-cart" href="#cart"
              ><span>${counted(units, 'item')}</span><strong>${money(contents.total)}</strong
              ><span>To the cart</span></a
            >`
          : nothing
      }
      <p class="unseen" aria-live="polite">${announced}</p>
    `,
    root,
  )
}

/** Says something to those who do not see it. @param {string} sentence */
function announce(sentence) {
  announced = sentence
  show()
}

/** Does something, and shows a sentence if it was refused. @param {() => Promise<void>} work */
async function attempt(work) {
  const wasInCart = document.getElementById('cart')?.contains(document.activeElement)
  state.refusal = undefined
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    state.refusal = error.message
    state.refusalCode = error.code
  }
  show()
  // What was pressed may be gone, and whoever uses the keyboard is not to begin anew at the top of the page.
  if (wasInCart && document.activeElement === document.body)
    document.getElementById('cart')?.focus({ preventScroll: true })
}

let turn = Promise.resolve()

/** Does one thing after the other, so that two quick presses do not open two carts. @param {() => Promise<void>} work */
function inTurn(work) {
  turn = turn.then(() => attempt(work))
  return turn
}

async function openCart() {
  const cart = `cart-${crypto.randomUUID().slice(0, 8)}`
  await give('OpenCart', cart, { shopper: state.shopper.trim() || 'Guest' })
  history.pushState(null, '', `?cart=${cart}`)
  await look(cart)
}

/**
 * @param {string} name
 * @param {object} input
 */
async function command(name, input) {
  if (state.cart === undefined) return
  await give(name, state.cart, input)
  state.past = undefined
  await refreshCart()
}

/** Looks at another cart. @param {string | undefined} cart */
async function look(cart) {
  state.cart = cart
  state.contents = undefined
  state.past = undefined
  state.history = []
  try {
    await refreshCart()
  } catch (error) {
    // Whoever followed a wrong address is at the door, and can take another cart.
    if (error instanceof Problem && error.code !== 'unreachable') state.cart = undefined
    throw error
  }
}

async function refreshCart() {
  const { cart, history } = state
  if (cart === undefined) return
  const reading = eventsOf(cart, (history.at(-1)?.revision ?? -1) + 1)
  // If both fail it is always the query that says it.
  reading.catch(() => undefined)
  /** @type {CartContentsAnswer} */
  const contents = await ask('CartContents', { cart })
  const events = await reading
  // Another refresh may have been faster, or another cart been chosen.
  if (state.cart !== cart) return
  if (contents.revision >= (state.contents?.revision ?? 0)) state.contents = contents
  const known = state.history.at(-1)?.revision ?? -1
  state.history = [...state.history, ...events.filter(({ revision }) => revision > known)]
  show()
}

let lookedBack = 0

/** @param {number | undefined} revision */
async function lookBack(revision) {
  const asked = ++lookedBack
  const { cart, contents } = state
  if (cart === undefined) return
  const now = revision === undefined || revision === contents?.revision
  /** @type {CartContentsAnswer | undefined} */
  const past = now ? undefined : await ask('CartContents', { cart, 'as-of-revision': revision })
  // The slider may have moved on.
  if (asked === lookedBack && state.cart === cart) state.past = past
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let counting

/** Asks for the figures of the shop, but not for each of many events that come at once. */
function refreshCounter(delayMs = 400) {
  if (counting) return
  counting = setTimeout(async () => {
    counting = undefined
    try {
      ;[state.openCarts, state.bestSellers, state.revenue] = await Promise.all([
        ask('OpenCarts', { limit: 8 }),
        ask('BestSellers', { limit: 8 }),
        ask('RevenueByDay', { days: 30 }),
      ])
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // The shop is away, or its read models are; what was known of it stays on the page.
    }
    show()
  }, delayMs)
}

const cartOfAddress = () => new URLSearchParams(location.search).get('cart') ?? undefined

addEventListener('popstate', () => attempt(() => look(cartOfAddress())))

follow({
  onEvent: ({ stream, revision }) => {
    if (stream === state.cart && revision > (state.contents?.revision ?? -1))
      refreshCart().catch(() => undefined)
    refreshCounter()
  },
  onConnected: (connected) => {
    const came = connected && !state.connected
    state.connected = connected
    if (came) {
      // That the shop was away is over; anything else that was refused stays to be read.
      if (state.refusalCode === 'unreachable') state.refusal = undefined
      refreshCart().catch(() => undefined)
      refreshCounter(0)
    }
    show()
  },
})

show()
refreshCounter(0)
attempt(async () => {
  state.shelf = await get('/shelf.json')
  await look(cartOfAddress())
})
