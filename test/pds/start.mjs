// Starts a personal data server (PDS) and the DID directory it needs, both on 127.0.0.1 and on ports that the system
// chooses. Usage: node start.mjs MODULES_DIR DATA_DIR, where MODULES_DIR is the folder in which `npm ci` was run. One
// line of JSON on standard output says where it listens. It ends when standard input does, so that it never outlives
// the test that started it, and takes DATA_DIR with it.
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { createRequire } from 'node:module'
import { once } from 'node:events'
import { createDirectory } from './plc.mjs'

const [modules, data] = process.argv.slice(2)
if (!modules || !data) {
  console.error('usage: node start.mjs MODULES_DIR DATA_DIR')
  process.exit(2)
}

const exit = () => {
  fs.rmSync(data, { recursive: true, force: true })
  process.exit(0)
}
let stop = exit
process.stdin.on('end', () => stop())
process.stdin.on('error', () => stop())
process.stdin.resume()

const require = createRequire(path.join(path.resolve(modules), 'package.json'))
const { PDS, envToCfg, envToSecrets } = require('@atproto/pds')
const directory = createDirectory(require('@did-plc/lib'))

const listen = async (server) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

const directoryPort = await listen(directory)

// The server must know its port before it is made, and by itself listens on every address: so a port is taken first,
// and its handle is given to the server when it asks for one.
const placeholder = net.createServer()
const port = await listen(placeholder)
const systemListen = http.Server.prototype.listen
http.Server.prototype.listen = function () {
  return systemListen.call(this, placeholder)
}

const adminPassword = crypto.randomBytes(16).toString('hex')
const env = {
  port,
  hostname: 'localhost',
  dataDirectory: data,
  blobstoreDiskLocation: path.join(data, 'blobs'),
  blobstoreDiskTmpLocation: path.join(data, 'blobs-tmp'),
  didPlcUrl: `http://127.0.0.1:${directoryPort}`,
  serviceHandleDomains: ['.test'],
  devMode: true,
  disableSsrfProtection: true,
  inviteRequired: false,
  rateLimitsEnabled: process.env.TRIBUNE_PDS_RATE_LIMITS === '1',
  jwtSecret: crypto.randomBytes(16).toString('hex'),
  dpopSecret: crypto.randomBytes(32).toString('hex'),
  adminPassword,
  plcRotationKeyK256PrivateKeyHex: crypto.randomBytes(32).toString('hex'),
  crawlers: [],
}

const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()

stop = async () => {
  setTimeout(exit, 3000).unref()
  await pds.destroy().catch(() => {})
  exit()
}

console.log(
  JSON.stringify({
    url: `http://127.0.0.1:${port}`,
    serviceDid: pds.ctx.cfg.service.did,
    adminPassword,
    jwtSecret: env.jwtSecret,
  }),
)
