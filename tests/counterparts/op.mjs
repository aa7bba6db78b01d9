// An OpenID provider that nobody here wrote: npm oidc-provider, on loopback.
//
//   node op.mjs PORT [CALLBACK...]     until standard input ends; prints "ready ISSUER"
//
// A login may return to any port of 127.0.0.1, and to the CALLBACKs given. Clients and people are in the tables below;
// any other name may log in too and gets an address at nowhere.test.
//
// Environment: PROVIDER_CLAIMS_AT_USERINFO=1 leaves all claims but `sub` out of the ID token.
import { generateKeyPairSync } from 'node:crypto';
import { homedir } from 'node:os';

const cache = process.env.SIDECAR_TEST_CACHE ?? `${homedir()}/.cache/oauth2-sidecar`;
const { Provider } = await import(`${cache}/node/node_modules/oidc-provider/lib/index.js`);

const [port, ...callbacks] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const privateKey = (type, options, header) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  ...header,
});

const people = {
  alice: {
    email: 'alice@example.com',
    email_verified: true,
    preferred_username: 'alice',
    groups: ['admins', 'devs'],
    nested: { roles: ['r1'] },
  },
  carol: { email: 'carol@other.test', email_verified: true, preferred_username: 'carol', groups: [] },
  // What a careful reader of claims must survive: an unverified address, objects and numbers among the groups.
  bob: {
    email: 'bob@example.com',
    email_verified: false,
    preferred_username: 'bob',
    groups: [{ id: 'x', roles: ['a'] }, 42, 'plain'],
  },
};

const client = (client_id, client_secret, more) => ({
  client_id,
  client_secret,
  redirect_uris: ['http://127.0.0.1/oauth2/callback', ...callbacks],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...more,
});

const provider = new Provider(issuer, {
  clients: [
    // The secret's characters need form encoding inside Basic credentials (RFC 6749 §2.3.1).
    client('sidecar', 's3cret/+ %'),
    client('sidecar-es256', 'es-secret', { id_token_signed_response_alg: 'ES256' }),
    client('sidecar-jwtinfo', 'ji-secret', { userinfo_signed_response_alg: 'RS256' }),
  ],
  jwks: {
    keys: [
      privateKey('rsa', { modulusLength: 2048 }, { kid: 'r1', alg: 'RS256' }),
      privateKey('ec', { namedCurve: 'P-256' }, { kid: 'e1', alg: 'ES256' }),
    ],
  },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['preferred_username'],
    groups: ['groups', 'nested'],
  },
  scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
  conformIdTokenClaims: process.env.PROVIDER_CLAIMS_AT_USERINFO === '1',
  pkce: { required: () => false },
  features: {
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    jwtUserinfo: { enabled: true },
  },
  ttl: {
    AccessToken: 120,
    IdToken: 120,
    RefreshToken: 3600,
    AuthorizationCode: 60,
    Session: 3600,
    Grant: 3600,
    Interaction: 600,
  },
  issueRefreshToken: async (ctx, asking) => asking.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  cookies: { keys: ['only for tests'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...(people[id] ?? { email: `${id}@nowhere.test`, email_verified: true }) }),
  }),
});

// The ports of the programs under test are not known beforehand.
const exact = provider.Client.prototype.redirectUriAllowed;
provider.Client.prototype.redirectUriAllowed = function allowed(uri) {
  return /^http:\/\/127\.0\.0\.1:\d+\/[\w/-]*callback$/.test(uri) || exact.call(this, uri);
};

provider.listen(Number(port), '127.0.0.1', () => console.log(`ready ${issuer}`));
process.stdin.on('end', () => process.exit(0)).resume();
