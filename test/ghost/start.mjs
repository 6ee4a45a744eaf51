// Starts Ghost on 127.0.0.1 with an empty site in SQLite, sets it up as its first user does in the browser, and makes an
// integration. Usage: node start.mjs MODULES_DIR DATA_DIR PORT, where MODULES_DIR is the folder in which `npm ci` was run. One
// line of JSON on standard output says what there is. It ends when standard input does, so that it never outlives the test
// that started it, and takes DATA_DIR with it.
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const [modules, data, port] = process.argv.slice(2)
if (!modules || !data || !port) {
  console.error('usage: node start.mjs MODULES_DIR DATA_DIR PORT')
  process.exit(2)
}

const stop = () => {
  fs.rmSync(data, { recursive: true, force: true })
  process.exit(0)
}
process.stdin.on('end', stop)
process.stdin.on('error', stop)
process.stdin.resume()

const ghost = path.join(path.resolve(modules), 'node_modules', 'ghost')
const content = path.join(data, 'content')
for (const folder of ['data', 'images', 'files', 'media', 'logs', 'settings', 'public', 'adapters']) {
  fs.mkdirSync(path.join(content, folder), { recursive: true })
}
fs.symlinkSync(path.join(ghost, 'content', 'themes'), path.join(content, 'themes'))

const url = `http://127.0.0.1:${port}`
Object.assign(process.env, {
  NODE_ENV: 'production',
  url,
  server__host: '127.0.0.1',
  server__port: port,
  database__client: 'sqlite3',
  database__connection__filename: path.join(data, 'ghost.db'),
  database__useNullAsDefault: 'true',
  paths__contentPath: content,
  logging__level: 'error',
  logging__transports: '["stderr"]',
  mail__transport: 'stub',
  // Nothing leaves the machine.
  privacy__useUpdateCheck: 'false',
  privacy__useGravatar: 'false',
  privacy__useRpcPing: 'false',
})
process.chdir(ghost) // where it looks for its own version

const require = createRequire(path.join(ghost, 'package.json'))
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr) // standard output is for one line
await require('./core/boot')()

const password = crypto.randomBytes(16).toString('hex')
// While it still boots it says so (503).
for (;;) {
  const answer = await fetch(`${url}/ghost/api/admin/site/`).catch(() => null)
  if (answer?.ok) break
  await new Promise((resolve) => setTimeout(resolve, 100))
}
const setup = await fetch(`${url}/ghost/api/admin/authentication/setup/`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin: url, 'accept-version': 'v5.0' },
  body: JSON.stringify({ setup: [{ name: 'Owner', email: 'owner@acme.example', password, blogTitle: 'Acme Rockets' }] }),
})
if (!setup.ok) throw new Error(`setup: ${setup.status} ${await setup.text()}`)

const { Integration } = require('./core/server/models')
const made = await Integration.add(
  { name: 'Tribune', type: 'custom', api_keys: [{ type: 'admin' }, { type: 'content' }] },
  { context: { internal: true }, withRelated: ['api_keys'] },
)
const keys = {}
for (const key of made.related('api_keys').models) {
  keys[key.get('type')] = key.get('type') === 'admin' ? `${key.id}:${key.get('secret')}` : key.get('secret')
}

write(
  JSON.stringify({
    url,
    adminKey: keys.admin,
    contentKey: keys.content,
    version: require('./package.json').version,
    database: path.join(data, 'ghost.db'),
  }) + '\n',
)
