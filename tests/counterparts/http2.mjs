// A client of HTTP/2 that nobody here wrote: Node's, which is nghttp2.
//
//   node http2.mjs PORT     until standard input ends; prints "ready PORT"
//
// POST / {"origin": …, "requests": [{"method", "path", "headers": [[name, value], …], "body"}, …]} sends all of them on one
// connection, some at a time, and answers [{"status", "headers": [[name, value], …], "body"}, …] in the same order; the
// status of a stream that was reset is 0. A certificate of anybody is taken.
import http from 'node:http';
import http2 from 'node:http2';

const [port] = process.argv.slice(2);
const AT_A_TIME = 32;

const ask = (client, authority, { method, path, headers, body }) =>
  new Promise((resolve) => {
    const fields = { ':method': method, ':path': path, ':authority': authority };
    for (const [name, value] of headers) {
      const field = name.toLowerCase() === 'host' ? ':authority' : name.toLowerCase();
      fields[field] = field in fields && field !== ':authority' ? [fields[field], value].flat() : value;
    }
    const answer = { status: 0, headers: [], body: '' };
    const pieces = [];
    let stream;
    try {
      stream = client.request(fields, { endStream: !body });
    } catch (error) {
      resolve({ ...answer, body: String(error) });
      return;
    }
    stream.on('response', (lines) => {
      answer.status = lines[':status'];
      for (const [name, value] of Object.entries(lines)) {
        for (const one of [value].flat()) answer.headers.push([name, String(one)]);
      }
    });
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('error', () => {});
    stream.on('close', () => resolve({ ...answer, body: Buffer.concat(pieces).toString('utf8') }));
    if (body) stream.end(body);
  });

const askAll = async ({ origin, requests }) => {
  const authority = new URL(origin).host;
  const answers = [];
  let client;
  for (let from = 0; from < requests.length; from += AT_A_TIME) {
    if (!client || client.closed || client.destroyed) {
      client = http2.connect(origin, { rejectUnauthorized: false });
      client.on('error', () => {});
    }
    const batch = requests.slice(from, from + AT_A_TIME);
    answers.push(...(await Promise.all(batch.map((request) => ask(client, authority, request)))));
  }
  client?.close();
  return answers;
};

http
  .createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', async () => {
      const answers = JSON.stringify(await askAll(JSON.parse(Buffer.concat(pieces).toString('utf8'))));
      response.end(answers);
    });
  })
  .listen(Number(port), '127.0.0.1', () => console.log(`ready ${port}`));
process.stdin.on('end', () => process.exit(0)).resume();
