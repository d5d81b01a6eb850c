import { createHash } from 'node:crypto';
import { KEY_LENGTH } from './queries/ledger-schema.ts';
import { quoteIdent } from './quote-ident.ts';

export interface LedgerNames {
  readonly site: string;
  readonly lease: string;
  readonly ledger: string;
  readonly document: string;
  readonly series: string;
  readonly notice: string;
}

export const ledgerNames = (schema: string): LedgerNames => {
  const of = (name: string): string => `${quoteIdent(schema)}.${quoteIdent(name)}`;
  return {
    site: of('site'),
    lease: of('lease'),
    ledger: of('ledger'),
    document: of('ledger_document'),
    series: of('series'),
    notice: of('notice'),
  };
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The source as the ledger's keys hold it: itself, or cut with a hash at its end where a host name is very long. */
export const storedSource = (source: string): string =>
  source.length <= KEY_LENGTH.source
    ? source
    : `${source.slice(0, KEY_LENGTH.source - 65)}#${hashOf(source)}`;

/** Name of the application lock of a source. Hashed, because a lock's name has 255 characters and is cut in silence. */
export const lockResource = (schema: string, source: string): string =>
  `erp-ferry:${hashOf(JSON.stringify([schema.toLowerCase(), source]))}`;
