// Builds what is published: for each package packages/<name>/dist, a package of its own with JavaScript, declarations and
// a manifest whose exports lead there; then checks each with publint and are-the-types-wrong.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: Record<string, string>
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly [key: string]: unknown
}

const root = join(import.meta.dirname, '..')
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
)

for (const name of packages) rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
run('tsc', ['-b', ...packages.map((name) => join('packages', name))])

let problems = 0
for (const name of packages) {
  const folder = join(root, 'packages', name)
  const dist = join(folder, 'dist')
  writeFileSync(
    join(dist, 'package.json'),
    `${JSON.stringify(publishable(read(join(folder, 'package.json'))), null, 2)}\n`,
  )
  for (const file of ['LICENSE', join('packages', name, 'README.md')]) {
    if (existsSync(join(root, file)))
      copyFileSync(join(root, file), join(dist, file === 'LICENSE' ? 'LICENSE' : 'README.md'))
  }
  problems += await check(dist)
}
if (problems > 0) {
  console.error(`${problems} problems in what would be published`)
  process.exit(1)
}
console.log(
  `built ${packages.length} packages: ${packages.map((name) => join('packages', name, 'dist')).join(', ')}`,
)

/** The manifest with every path to a source turned into the paths of what it becomes. */
function publishable({
  exports,
  bin,
  devDependencies: _devDependencies,
  private: _private,
  ...rest
}: Manifest): object {
  const entries = Object.entries(exports).map(([key, source]) => [
    key,
    { types: built(source, '.d.ts'), default: built(source, '.js') },
  ])
  return {
    ...rest,
    engines: { node: '>=24' },
    sideEffects: false,
    exports: Object.fromEntries(entries),
    ...(bin && {
      bin: Object.fromEntries(Object.entries(bin).map(([key, source]) => [key, built(source, '.js')])),
    }),
    files: ['**/*.js', '**/*.d.ts'],
  }
}

function built(source: string, extension: string): string {
  return source.replace(/^\.\/src\//, './').replace(/\.ts$/, extension)
}

async function check(dist: string): Promise<number> {
  const manifest = read(join(dist, 'package.json'))
  const { messages } = await publint({ pkgDir: dist, strict: true })
  for (const message of messages) console.error(`${manifest.name}: ${formatMessage(message, manifest)}`)
  try {
    run('attw', ['--pack', dist, '--profile', 'esm-only', '--quiet'])
    return messages.length
  } catch {
    run('attw', ['--pack', dist, '--profile', 'esm-only'], false)
    return messages.length + 1
  }
}

function run(command: string, args: readonly string[], mustSucceed = true): void {
  try {
    execFileSync(command, args, { cwd: root, stdio: 'inherit' })
  } catch (error) {
    if (mustSucceed) throw error
  }
}
