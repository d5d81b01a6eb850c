import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A private key and a certificate for it that vouches for itself, both in PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

function der(tag: number, ...content: readonly (Buffer | readonly number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  if (body.length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, body.length]), body]);
  return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 0xff]), body]);
}

/**
 * Makes a key (P-256) and a certificate for `host`, without one for `localhost` and 127.0.0.1. Valid from 2000 to 2049, the span a short date
 * can state, so that no clock is asked; the key is new at every call.
 */
export function selfSignedCertificate(host?: string): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = der(TAG.sequence, der(TAG.oid, OID.ecdsaWithSha256));
  const name = der(
    TAG.sequence,
    der(
      TAG.set,
      der(TAG.sequence, der(TAG.oid, OID.commonName), der(TAG.utf8, Buffer.from(host ?? 'localhost'))),
    ),
  );
  // The leading byte keeps the number positive.
  const serial = der(TAG.integer, [0x01], createHash('sha256').update(spki).digest().subarray(0, 15));
  const names = der(
    TAG.sequence,
    der(TAG.dnsName, Buffer.from(host ?? 'localhost')),
    ...(host === undefined ? [der(TAG.ipAddress, [127, 0, 0, 1])] : []),
  );
  const authority = der(TAG.sequence, der(TAG.boolean, [0xff]));
  const extensions = der(
    TAG.extensions,
    der(
      TAG.sequence,
      der(
        TAG.sequence,
        der(TAG.oid, OID.basicConstraints),
        der(TAG.boolean, [0xff]),
        der(TAG.octetString, authority),
      ),
      der(TAG.sequence, der(TAG.oid, OID.subjectAltName), der(TAG.octetString, names)),
    ),
  );
  const validity = der(
    TAG.sequence,
    der(TAG.utcTime, Buffer.from('000101000000Z')),
    der(TAG.utcTime, Buffer.from('491231235959Z')),
  );
  const body = der(
    TAG.sequence,
    der(TAG.version, der(TAG.integer, [2])),
    serial,
    algorithm,
    name,
    validity,
    name,
    spki,
    extensions,
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(TAG.sequence, body, algorithm, der(TAG.bitString, [0], signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  };
}
