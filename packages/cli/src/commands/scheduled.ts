import { type App, createApp, type ScheduledCommand } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'

/** `annals scheduled list` and `annals scheduled cancel` */
export function scheduledCommand(action: ActionOf): Command {
  const list = new Command('list')
    .summary('list the commands that wait for their time')
    .description(
      'Lists the commands that wait for their time, or whose time has come and that are not done, soonest first. Works beside a running server.',
    )
    .addHelpText('after', '\nExample:\n  $ annals scheduled list')
    .action(action(listScheduled))
  const cancel = new Command('cancel')
    .summary('call a scheduled command off')
    .description(
      'Calls a scheduled command off, so that it is not executed. If its time has come already it is too late, and the exit code is 1. Needs the store for itself: of a running server ask /scheduled.',
    )
    .argument('<id>', 'the id, as scheduled list shows it')
    .option('--by <id>', 'who does it; kept with what is done')
    .addHelpText('after', '\nExample:\n  $ annals scheduled cancel reminder-7 --by ann')
    .action(action(cancelScheduled))
  const scheduled = new Command('scheduled').description('Looks after commands that wait for their time.')
  for (const command of [list, cancel]) scheduled.addCommand(command)
  return scheduled
}

async function listScheduled(session: Session): Promise<number> {
  const { output } = session
  const waiting = await withApp(session, { readOnly: true }, (app) => app.scheduled())
  if (output.json) for (const each of waiting) await output.jsonLine(each)
  else await output.lines(output.table<ScheduledCommand>(columns).lines(waiting))
  return exit.done
}

const columns = [
  { title: 'ID', value: ({ id }: ScheduledCommand) => id },
  { title: 'AT', value: ({ at }: ScheduledCommand) => at.toISOString() },
  { title: 'COMMAND', value: ({ command }: ScheduledCommand) => command },
  { title: 'STREAM', value: ({ stream }: ScheduledCommand) => stream ?? '' },
  { title: '', value: ({ state }: ScheduledCommand) => (state === 'due' ? 'due' : '') },
] as const

async function cancelScheduled(
  session: Session,
  id: string,
  { by }: { readonly by?: string },
): Promise<number> {
  const { output } = session
  const caller = by === undefined ? undefined : { id: by }
  const cancelled = await withApp(session, {}, (app) => app.cancelScheduled(id, { caller }))
  if (output.json) await output.jsonLine({ id, cancelled })
  else
    await output.line(
      cancelled
        ? `Command ${id} will not be executed.`
        : `It is too late: the time of ${id} has come already.`,
    )
  return cancelled ? exit.done : exit.rejected
}

/** An application without commands, so that nothing is executed while it is looked at. */
function withApp<Result>(
  session: Session,
  options: { readonly readOnly?: boolean },
  use: (app: App) => Promise<Result>,
): Promise<Result> {
  return session.withStore({ create: false, ...options }, async (store) => {
    const app = createApp({ store, modules: [] })
    try {
      return await session.orInterrupted(use(app))
    } finally {
      await app.close()
    }
  })
}
