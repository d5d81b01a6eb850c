import type { ContractCase } from '../contract-case.ts';
import { cutCases } from './cut-cases.ts';
import { FEED_CASES } from './feed-cases.ts';
import { HANDOVER_CASES } from './handover-cases.ts';
import { HOSTILE_CASES } from './hostile-cases.ts';
import { randomCases } from './random-cases.ts';
import { LEDGER_CASES } from './ledger-cases.ts';
import { PACKET_CASES } from './packet-cases.ts';
import { TORTURE_CASES } from './torture-cases.ts';
import { READING_CASES } from './reading-cases.ts';
import { valueCases } from './value-cases.ts';
import { WRITE_CASES } from './write-cases.ts';

export interface CaseOptions {
  /** Connections cut, 10 at least. */
  readonly cuts: number;
  /** Rows of random values. */
  readonly rows: number;
  /** Of the random values. */
  readonly seed: string;
}

/** In the order they are played. */
export const allCases = (options: CaseOptions): readonly ContractCase[] => [
  ...LEDGER_CASES,
  ...PACKET_CASES,
  ...WRITE_CASES,
  ...HANDOVER_CASES,
  ...READING_CASES,
  ...FEED_CASES,
  ...TORTURE_CASES,
  ...randomCases(options.rows, options.seed),
  ...valueCases(options.rows, options.seed),
  ...HOSTILE_CASES,
  ...cutCases(options.cuts),
];
