import type { ErpSettings } from '../../../shared/model/settings.ts';

/** A way that a person allowed although it is less safe: `light.answers.<caution>` says so for as long as it lasts. */
export type ErpCaution = 'plain' | 'unchecked' | 'oldTls';

const THIS_COMPUTER: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost', '.', '(local)']);

/** The worst of them. Nothing is said of what never leaves this computer. Pure. */
export function erpCaution(
  erp: Pick<ErpSettings, 'server' | 'encrypt' | 'trustServerCertificate' | 'legacyTls'>,
): ErpCaution | undefined {
  const [host = ''] = erp.server.toLowerCase().split('\\');
  if (THIS_COMPUTER.has(host)) return undefined;
  if (!erp.encrypt) return 'plain';
  if (erp.trustServerCertificate) return 'unchecked';
  return erp.legacyTls === true ? 'oldTls' : undefined;
}
