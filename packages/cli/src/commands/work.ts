import { createApp } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import { groupsIn } from '../projection-in.ts'
import type { Session } from '../session.ts'

/** `annals work` */
export function workCommand(action: ActionOf): Command {
  return new Command('work')
    .summary('work in the consumer groups of the application')
    .description(
      'Works in the consumer groups of the application, beside whoever writes the store and other workers, until Ctrl-C or SIGTERM; its keys then move to the others. Needs --app.',
    )
    .addHelpText('after', '\nExample:\n  $ annals work --app shop.ts')
    .action(action(work))
}

async function work(session: Session): Promise<number> {
  const { output } = session
  const modules = groupsIn(await session.neededModules())
  if (modules.length === 0) session.wrongUsage('needs an application with consumer groups')
  return session.withStore({ readOnly: true }, async (store) => {
    const app = createApp({ store, modules, ...(await session.coordination(modules)) })
    try {
      await session.orInterrupted(app.ready())
      const names = modules.map(({ name }) => name)
      if (output.json) await output.jsonLine({ groups: names })
      else await output.line(`Annals works in ${names.join(', ')}`)
      await session.untilInterrupted()
      return exit.done
    } finally {
      await app.close()
    }
  })
}
