import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { fingerprintText } from '../erp-mssql/connect-config.ts';

/** A certificate as people compare it. */
export type CertificateWords = Readonly<
  Record<'protocol' | 'holder' | 'issuer' | 'until' | 'fingerprint', string>
>;

/** The certificate the other side showed; each word is there, also where the certificate leaves it out. */
export function certificateWords(socket: TLSSocket, shown: X509Certificate | undefined): CertificateWords {
  return {
    protocol: socket.getProtocol() ?? '',
    holder: commonName(shown?.subject),
    issuer: commonName(shown?.issuer),
    until: shown === undefined ? '?' : shown.validToDate.toISOString().slice(0, 10),
    fingerprint: fingerprintText(shown?.fingerprint256 ?? ''),
  };
}

/** The common name of `CN=sql01\nO=Acme`, else the whole of it in one line. */
function commonName(name: string | undefined): string {
  if (name === undefined || name === '') return '?';
  return /^CN=(.+)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');
}
