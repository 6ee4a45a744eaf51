// Holds requests to the published JSON Schemas of Ghost's Admin API. Usage: node schemas.mjs MODULES_DIR, with one line of JSON
// {"schema": "posts-add", "body": {...}} a request on standard input. What is wrong goes to standard output.
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const require = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'))
const { validate } = require('@tryghost/admin-api-schema')
let checked = 0
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { schema, body } = JSON.parse(line)
  checked++
  await validate({ schema, data: body }).catch((error) => {
    console.log(`${schema}: ${error.message}: ${error.context ?? ''} ${JSON.stringify(error.errorDetails ?? '')}: ${line.slice(0, 500)}`)
  })
}
console.log(`checked ${checked}`)
