// An application on Node's own HTTP server that tells what it understood.
//
//   node app.mjs PORT     until standard input ends; prints "ready PORT"
//
// GET /__drain, asked directly, tells of every request since the last time. POST /__resolve resolves references as
// browsers do (WHATWG URL): {"base": …, "references": […]} gives for each [scheme, host, path], or null if it is none.
import http from 'node:http';

const [port] = process.argv.slice(2);
let seen = [];

const tell = (response, value) => {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

const resolve = ({ base, references }) =>
  references.map((reference) => {
    try {
      const url = new URL(reference, base);
      return [url.protocol, url.host, url.pathname];
    } catch {
      return null;
    }
  });

// The path as an application finds it: what a browser's parser makes of the target, decoded.
const path = (target) => {
  try {
    return decodeURIComponent(new URL(target, 'http://app').pathname);
  } catch {
    return target;
  }
};

const server = http.createServer({ maxHeaderSize: 1 << 18 }, (request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    if (request.url === '/__drain') {
      const told = seen;
      seen = [];
      tell(response, told);
    } else if (request.url === '/__resolve') {
      tell(response, resolve(JSON.parse(body)));
    } else {
      const what = {
        method: request.method,
        target: request.url,
        path: path(request.url),
        headers: request.headers,
        body_length: body.length,
      };
      seen.push(what);
      tell(response, what);
    }
  });
});
server.maxHeadersCount = 0;
server.listen(Number(port), '127.0.0.1', () => console.log(`ready ${port}`));
process.stdin.on('end', () => process.exit(0)).resume();
