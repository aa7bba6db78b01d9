// Signs one token per algorithm with node's own cryptography: `node make_vectors.mjs > vectors.json`.
import { constants, generateKeyPairSync, sign } from 'node:crypto';

const b64 = (value) => Buffer.from(value).toString('base64url');
const kinds = [
  ['RS256', 'rsa', { modulusLength: 2048 }, 'sha256', {}],
  ['RS384', 'rsa', { modulusLength: 3072 }, 'sha384', {}],
  ['RS512', 'rsa', { modulusLength: 2048 }, 'sha512', {}],
  ['PS256', 'rsa', { modulusLength: 2048 }, 'sha256', { pss: 32 }],
  ['PS384', 'rsa', { modulusLength: 2048 }, 'sha384', { pss: 48 }],
  ['PS512', 'rsa', { modulusLength: 2048 }, 'sha512', { pss: 64 }],
  ['ES256', 'ec', { namedCurve: 'P-256' }, 'sha256', { raw: true }],
  ['ES384', 'ec', { namedCurve: 'P-384' }, 'sha384', { raw: true }],
  ['ES512', 'ec', { namedCurve: 'P-521' }, 'sha512', { raw: true }],
  ['EdDSA', 'ed25519', {}, null, {}],
];
const vectors = kinds.map(([alg, type, options, hash, { pss, raw }]) => {
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  const input = `${b64(JSON.stringify({ alg, kid: alg }))}.${b64(JSON.stringify({ sub: 'alice' }))}`;
  const key = { key: privateKey };
  if (pss) Object.assign(key, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pss });
  if (raw) key.dsaEncoding = 'ieee-p1363';
  const signature = sign(hash, Buffer.from(input), key);
  return {
    alg,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: alg },
    pem: publicKey.export({ format: 'pem', type: 'spki' }),
    token: `${input}.${b64(signature)}`,
  };
});
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
const odd = {
  rsa1024: { jwk: weak.export({ format: 'jwk' }), pem: weak.export({ format: 'pem', type: 'spki' }) },
  secp256k1: { jwk: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }) },
  ed448: { jwk: generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }) },
};
console.log(JSON.stringify({ vectors, odd }, null, 1));
