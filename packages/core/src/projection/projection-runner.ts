import type { Clock, Timer } from '../clock.ts'
import type { ConsumerStatus, ParkedKey, ParkedOptions } from '../consumer/consumer.ts'
import { storeJournal } from '../consumer/keeper.ts'
import { lagOf } from '../consumer/lag.ts'
import { ParkingLot } from '../consumer/parking-lot.ts'
import { PositionWaiters } from '../consumer/position-waiters.ts'
import { AnnalsError, asError, isAnnalsError } from '../errors.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { JsonValue } from '../json.ts'
import { type OnProgress, type Progress, ProgressMeter } from '../progress.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Projection } from './projection.ts'
import { ProjectionFollower } from './projection-follower.ts'
import type { OpenReadModel, ReadModelBuild, ReadModelStore } from './read-model.ts'
import {
  behind,
  closedWhileWaiting,
  projectionFailed,
  type ReadModelRunner,
  type RebuildOptions,
  type Rebuilt,
  untilNot,
} from './runner.ts'

/** What a runner works with. */
export interface ProjectionRunnerOptions {
  readonly projection: Projection
  readonly store: EventStore
  readonly readModels: ReadModelStore
  readonly clock: Clock
  readonly timer: Timer
  /** Whether a read model that was made for another version is made anew at once, rather than when it is asked for. */
  readonly rebuildsAtStart: boolean
}

/** Keeps one read model up to date in the background, and makes another beside it when that is needed. */
export class ProjectionRunner implements ReadModelRunner {
  readonly kind = 'projection'
  readonly projection: Projection
  readonly #options: ProjectionRunnerOptions
  readonly #waiters = new PositionWaiters()
  readonly #listeners = new Set<() => void>()
  #readModel: OpenReadModel | undefined
  #lot: ParkingLot | undefined
  // `undefined` while the read model is one that can only be read.
  #follower: ProjectionFollower | undefined
  #build: Build | undefined
  #building: Promise<Rebuilt> | undefined
  #isPaused = false
  #isStopped = false
  // Why the last one could not be made.
  #buildError: Error | undefined

  constructor(options: ProjectionRunnerOptions) {
    this.#options = options
    this.projection = options.projection
  }

  get name(): string {
    return this.projection.name
  }

  get version(): number {
    return this.projection.version
  }

  async start(): Promise<void> {
    const { store, readModels, rebuildsAtStart } = this.#options
    const { name, version, readModel } = this.projection
    const lot = await ParkingLot.open(storeJournal(store, this.#consumer), this.#consumer)
    const opened = await readModels.open({ name, version, readModel, build: lot.build })
    this.#readModel = opened
    this.#lot = opened.build === lot.build ? lot : await this.#lotOf(opened.build)
    if (!opened.isCurrent) {
      if (rebuildsAtStart) this.#rebuild({}).catch(() => undefined)
      return
    }
    // A log that was restored from an older copy goes on differently from there.
    if (opened.checkpoint() > (await store.head())) await this.#empty(opened)
    this.#follow(opened, this.#lot)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#build?.follower.halt()
    this.#build?.follower.giveUp(closedWhileWaiting())
    await this.#building?.catch(() => undefined)
    await this.#follower?.halt()
    this.#waiters.fail(closedWhileWaiting())
    this.#changed()
  }

  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#follower?.halt()
    this.#changed()
  }

  async resume(): Promise<void> {
    this.#isPaused = false
    if (this.#isStopped || !this.#follower) {
      if (this.#buildError && !this.#building) this.#rebuild({}).catch(() => undefined)
      return
    }
    if (this.#follower.state === 'failed') await this.#follower.halt()
    if (this.#follower.state === 'failed' || this.#follower.state === 'halted') this.#follower.begin()
  }

  async reset(): Promise<void> {
    const { readModel, follower } = this.#current()
    await follower.halt()
    this.#follow(readModel, await this.#empty(readModel))
    this.#changed()
  }

  async status(): Promise<ConsumerStatus> {
    const { store, clock } = this.#options
    const follower = this.#follower ?? this.#build?.follower
    const position = this.position
    const state = this.#state()
    return {
      state,
      position,
      ...(await lagOf(store, this.projection.select, position, clock)),
      eventsPerSecond: follower?.eventsPerSecond ?? 0,
      parkedKeys: this.parked().length,
      error: follower?.error ?? this.#buildError,
      ...(this.#build?.progress && { rebuild: this.#build.progress }),
    }
  }

  get position(): Position {
    return this.#follower?.position ?? this.#build?.follower.position ?? startOfLog
  }

  parked(): readonly ParkedKey[] {
    return this.#follower?.lot.list() ?? []
  }

  async retry(key: string, options?: ParkedOptions): Promise<void> {
    await this.#current().follower.retry(key, options)
  }

  async edit(key: string, data: JsonValue, options?: ParkedOptions): Promise<void> {
    await this.#current().follower.edit(key, data, options)
  }

  async discard(key: string, options?: ParkedOptions): Promise<void> {
    await this.#current().follower.discard(key, options)
  }

  async answer(ask: (model: unknown) => unknown): Promise<unknown> {
    this.#assertWorking()
    const readModel = this.#readModel
    const model = readModel?.model
    try {
      return await ask(model)
    } catch (error) {
      // The one it read from was replaced while it took its time.
      if (readModel?.model !== model && isAnnalsError(error, 'store-closed') && !this.#isStopped)
        return this.answer(ask)
      if (readModel?.isCurrent !== false || isAnnalsError(error)) throw error
      const { name, version } = this.projection
      throw new AnnalsError(
        'read-model-building',
        `The read model of ${name} is still that of an older version, which does not answer this query (${(error as Error).message}); the one of version ${version} is at position ${this.position}. Ask again when it has been made.`,
        { projection: name, position: this.position },
        { cause: error },
      )
    }
  }

  async waitFor(position: Position, timeoutMs: number): Promise<void> {
    if (this.#follower && this.position >= position) return
    this.#assertWorking()
    await this.#waiters.wait(position, timeoutMs, () =>
      behind(this.projection, this.position, position, timeoutMs),
    )
  }

  async settled(position: Position): Promise<void> {
    const follower = this.#follower
    if (!follower) return
    const isPending = () => isWorking(follower) && follower.position < position
    await untilNot(isPending, (listener) => this.onChange(listener))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async rebuild(options: RebuildOptions = {}): Promise<Rebuilt> {
    // One that is being made for a new version anyway is what was asked for.
    if (this.#build && !this.#readModel?.isCurrent && !options.compare && options.switchOver !== false) {
      this.#build.onProgress.add(options.onProgress ?? (() => {}))
      return this.#building as Promise<Rebuilt>
    }
    await this.#building?.catch(() => undefined)
    return this.#rebuild(options)
  }

  get #consumer(): string {
    return `${this.name}.${this.version}`
  }

  #lotOf(build: number): Promise<ParkingLot> {
    return ParkingLot.open(storeJournal(this.#options.store, this.#consumer), this.#consumer, { build })
  }

  /** Another build, of which nothing is parked, though one of this number may have been begun before. */
  async #emptyLot(build: number): Promise<ParkingLot> {
    const lot = await this.#lotOf(build)
    await lot.reset()
    return lot
  }

  async #empty(readModel: OpenReadModel): Promise<ParkingLot> {
    const lot = await this.#emptyLot(readModel.build + 1)
    await readModel.reset(lot.build)
    await lot.useBuild()
    return lot
  }

  #follow(readModel: OpenReadModel, lot: ParkingLot): void {
    this.#readModel = readModel
    this.#lot = lot
    this.#follower = this.#followerOf(readModel, lot, {
      onMove: (position, wrote) => {
        this.#waiters.reached(position)
        if (wrote || this.projection.inline) this.#changed()
      },
      onFail: (error) => {
        this.#waiters.fail(error)
        this.#changed()
      },
    })
    if (!this.#isPaused) this.#follower.begin()
    this.#waiters.reached(this.#follower.position)
  }

  #followerOf(
    readModel: OpenReadModel,
    lot: ParkingLot,
    tell: Pick<ConstructorParameters<typeof ProjectionFollower>[0], 'onMove' | 'onFail'>,
  ): ProjectionFollower {
    const { store, clock, timer } = this.#options
    return new ProjectionFollower({
      projection: this.projection,
      readModel,
      lot,
      store,
      clock,
      timer,
      ...tell,
    })
  }

  #rebuild(options: RebuildOptions): Promise<Rebuilt> {
    const building = this.#makeBeside(options)
      .catch((error: unknown) => {
        if (!this.#isStopped) this.#failBuild(error)
        throw error
      })
      .finally(() => {
        this.#build = undefined
        if (this.#building === building) this.#building = undefined
      })
    this.#building = building
    return building
  }

  #failBuild(error: unknown): void {
    this.#buildError = asError(error)
    if (!this.#follower) this.#waiters.fail(this.#buildError)
    this.#changed()
  }

  async #makeBeside({ onProgress, compare = false, switchOver = true }: RebuildOptions): Promise<Rebuilt> {
    const old = this.#readModel
    if (!old) throw notReady(this.projection)
    this.#buildError = undefined
    const number = Math.max(old.build, this.#lot?.build ?? 0) + 1
    const beside = await old.beside(number)
    try {
      assertComparable(this.projection, beside, compare)
      // What an interrupted build has parked is gone on with if the build is.
      const lot = await (beside.checkpoint() === startOfLog ? this.#emptyLot(number) : this.#lotOf(number))
      const build = new Build(this.#options, onProgress, (tell) => this.#followerOf(beside, lot, tell))
      this.#build = build
      if (this.#isStopped) throw closedWhileWaiting()
      await build.caughtUp()
      // Both stand still from here on, the new one no less far than the old.
      await this.#follower?.halt()
      await build.follower.reached(this.#follower?.position ?? startOfLog)
      await build.follower.halt()
      if (this.#isStopped) throw closedWhileWaiting()
      const differences = compare ? await beside.compare?.() : undefined
      const { position } = build.follower
      if (!switchOver) {
        await beside.discard()
        if (!this.#isPaused) this.#follower?.begin()
        return { position, differences, switchedOver: false }
      }
      await beside.takePlace()
      this.#follow(old, lot)
      await lot.useBuild()
      this.#changed()
      return { position, differences, switchedOver: true }
    } catch (error) {
      await this.#build?.follower.halt()
      // One that is made for a new version is gone on with by the next start.
      if (!this.#isStopped) {
        await beside.discard().catch(() => undefined)
        if (this.#follower?.state === 'halted' && !this.#isPaused) this.#follower.begin()
      }
      throw error
    }
  }

  #current(): { readonly readModel: OpenReadModel; readonly follower: ProjectionFollower } {
    if (this.#readModel && this.#follower) return { readModel: this.#readModel, follower: this.#follower }
    throw notReady(this.projection)
  }

  #state(): ConsumerStatus['state'] {
    if (this.#isStopped || this.#follower?.state === 'stopped')
      return this.#follower?.state === 'failed' ? 'failed' : 'stopped'
    if ((this.#buildError && !this.#follower) || this.#follower?.state === 'failed') return 'failed'
    if (!this.#readModel) return 'starting'
    if (this.#isPaused || !(this.#follower ?? this.#building)) return 'paused'
    const { state } = this.#follower ?? { state: 'catching-up' as const }
    return state === 'halted' ? 'catching-up' : state
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #assertWorking(): void {
    const error = this.#follower?.state === 'failed' ? this.#follower.error : undefined
    if (error) throw projectionFailed(this.projection, this.position, error)
  }
}

/** A read model that is being made: what follows the log into it, and how far it is. */
class Build {
  readonly follower: ProjectionFollower
  readonly onProgress = new Set<OnProgress>()
  progress: Progress | undefined
  readonly #store: EventStore
  readonly #meter: ProgressMeter
  #head: Position = startOfLog

  constructor(
    { store, clock }: ProjectionRunnerOptions,
    onProgress: OnProgress | undefined,
    followerOf: (
      tell: Pick<ConstructorParameters<typeof ProjectionFollower>[0], 'onMove' | 'onFail'>,
    ) => ProjectionFollower,
  ) {
    this.#store = store
    if (onProgress) this.onProgress.add(onProgress)
    this.#meter = new ProgressMeter((progress) => {
      this.progress = progress
      for (const tell of this.onProgress) tell(progress)
    }, clock)
    this.follower = followerOf({
      onMove: (position) => this.#meter.update(Math.min(position, this.#head), this.#head),
      onFail: () => {},
    })
  }

  /** Begins, and resolves when it has come as far as the log goes now. */
  async caughtUp(): Promise<void> {
    this.#head = await this.#store.head()
    this.follower.begin()
    await this.follower.reached(this.#head)
    this.#meter.update(this.#head, this.#head)
  }
}

function isWorking({ state }: ProjectionFollower): boolean {
  return state === 'catching-up' || state === 'live'
}

function assertComparable({ name, readModel }: Projection, beside: ReadModelBuild, compare: boolean): void {
  if (!compare || beside.compare) return
  const expected = 'a read model of which it can be told what differs, such as sqlite(…)'
  throw new AnnalsError(
    'invalid-argument',
    `What differs in the read model of ${name} cannot be told: expected ${expected}, but it is of the kind "${readModel.kind}". Rebuild it without comparing.`,
    { argument: 'compare', expected, received: readModel.kind },
  )
}

function notReady({ name }: Projection): AnnalsError<'read-model-building'> {
  return new AnnalsError(
    'read-model-building',
    `The read model of ${name} is not there yet. Wait until it has been made.`,
    { projection: name, position: startOfLog },
  )
}
