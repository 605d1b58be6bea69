import type { Module } from '@annals/core'
import { BestSellers } from './best-sellers.ts'
import { Cart } from './cart.ts'
import { CartContents } from './cart-contents.ts'
import { OpenCarts } from './open-carts.ts'
import { RevenueByDay } from './revenue-by-day.ts'

/** What the shop is made of; also what `annals --app` takes. */
export const modules: readonly Module[] = [Cart, CartContents, OpenCarts, BestSellers, RevenueByDay]
