// A DID directory in memory: as much of plc.directory as a personal data server asks of it. It checks signatures with
// the directory's own library (passed in), and forgets everything when the process ends.
import http from 'node:http'

export function createDirectory(plc) {
  const logs = new Map()

  const answer = (res, status, body) => {
    res.writeHead(status, { 'content-type': 'application/json' })
    res.end(JSON.stringify(body))
  }

  const append = async (did, op) => {
    const ops = [...(logs.get(did) ?? []), op]
    await plc.validateOperationLog(did, ops)
    logs.set(did, ops)
  }

  const read = async (did, view) => {
    const ops = logs.get(did)
    if (!ops) return [404, { message: `DID not registered: ${did}` }]
    if (view === 'log') return [200, ops]
    if (view === 'log/last') return [200, ops[ops.length - 1]]
    const data = await plc.validateOperationLog(did, ops)
    if (!data) return [404, { message: `DID not available: ${did}` }]
    return [200, view === 'data' ? data : plc.formatDidDoc(data)]
  }

  return http.createServer(async (req, res) => {
    try {
      const [did, ...view] = decodeURIComponent(req.url.slice(1)).split('/')
      if (req.method !== 'POST') return answer(res, ...(await read(did, view.join('/'))))
      const chunks = []
      for await (const chunk of req) chunks.push(chunk)
      await append(did, JSON.parse(Buffer.concat(chunks).toString('utf8')))
      answer(res, 200, {})
    } catch (err) {
      answer(res, 400, { message: String(err?.message ?? err) })
    }
  })
}
