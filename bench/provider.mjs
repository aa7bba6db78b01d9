// An OpenID provider that signs everybody in at once: the load behind 1,000 sign-ins, not a judge of anything.
//
//   node provider.mjs PORT       until standard input ends; prints "ready"
//
// Each authorization request gets a code for another person; tokens are sized so that the session cookie has 2 kB.
import { createServer } from 'node:http';
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k' }] };
const logins = new Map(); // code → what its ID token must say
let people = 0;

const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
};

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function idToken({ nonce, client_id, person }) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer, aud: client_id, sub: `person-${person}`, iat: now, exp: now + 3600, nonce,
    email: `person-${person}@example.com`, email_verified: true, preferred_username: `person-${person}`,
    groups: ['admins', 'devs'], pad: randomBytes(160).toString('hex'),
  };
  const signed = `${b64({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${b64(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
}

const json = (res, value) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value));

const answers = {
  '/.well-known/openid-configuration': (url, body, res) => json(res, metadata),
  '/jwks': (url, body, res) => json(res, jwks),
  '/authorize': (url, body, res) => {
    const asked = url.searchParams;
    const code = randomBytes(16).toString('hex');
    logins.set(code, { nonce: asked.get('nonce') ?? undefined, client_id: asked.get('client_id'), person: people++ });
    const back = new URL(asked.get('redirect_uri'));
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state'));
    res.writeHead(302, { location: back.href }).end();
  },
  '/token': (url, body, res) => {
    const login = logins.get(new URLSearchParams(body).get('code'));
    if (!login) return res.writeHead(400).end('{"error":"invalid_grant"}');
    json(res, {
      token_type: 'Bearer', expires_in: 3600, id_token: idToken(login),
      access_token: randomBytes(32).toString('hex'), refresh_token: randomBytes(32).toString('hex'),
    });
  },
};

createServer((req, res) => {
  const url = new URL(req.url, issuer);
  let body = '';
  req.on('data', (piece) => (body += piece));
  req.on('end', () => (answers[url.pathname] ?? (() => res.writeHead(404).end()))(url, body, res));
}).listen(port, '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();
