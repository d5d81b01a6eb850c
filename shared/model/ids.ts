/** Identifiers that must never be swapped are different types; each is made at one edge by the function beside it. */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Label of a link, unique in a site. Not its identity: see SourceId. */
export type LinkId = Branded<string, 'LinkId'>;
/** What a link really is: kind + cloud host + application area. Stored in the ledger; never renamed. */
export type SourceId = Branded<string, 'SourceId'>;
/** Row number of a queue item in the local store. */
export type ItemId = Branded<number, 'ItemId'>;
/** One start of the agent process; claims carry it. */
export type StartId = Branded<string, 'StartId'>;
/** Lower-case hexadecimal SHA-256. */
export type Sha256 = Branded<string, 'Sha256'>;

export const linkId = (text: string): LinkId => text as LinkId;
export const itemId = (value: number): ItemId => value as ItemId;
export const startId = (text: string): StartId => text as StartId;
export const sha256 = (text: string): Sha256 => text as Sha256;
/** Host and area compare without case in the ledger, so one spelling is kept. */
export const sourceId = (kind: string, host: string, area: string): SourceId =>
  `${kind}:${host.toLowerCase()}/${area.toUpperCase()}` as SourceId;
