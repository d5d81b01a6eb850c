const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate of the chain is self-signed and not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is issued by somebody not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  ERR_INVALID_CHAR: 'a header holds characters that cannot be sent',
  ERR_INVALID_URL: 'the address is not valid',
};

/**
 * Words for an error of the network layer, made from its code only: messages can hold addresses, and signed links are
 * secrets.
 */
export function errorWords(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
    if (words !== undefined) return `${words} (${code})`;
    if (code.startsWith('HPE_')) return `the answer is no HTTP (${code})`;
    return `the exchange failed (${code.slice(0, 60)})`;
  }
  return error instanceof Error ? `the exchange failed (${error.name})` : 'the exchange failed';
}
