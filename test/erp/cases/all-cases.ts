import type { ContractCase } from '../contract-case.ts';
import { cutCases } from './cut-cases.ts';
import { LEDGER_CASES } from './ledger-cases.ts';
import { PACKET_CASES } from './packet-cases.ts';
import { TORTURE_CASES } from './torture-cases.ts';
import { READING_CASES } from './reading-cases.ts';

/** In the order they are played. */
export const allCases = (options: { readonly cuts: number }): readonly ContractCase[] => [
  ...LEDGER_CASES,
  ...PACKET_CASES,
  ...READING_CASES,
  ...TORTURE_CASES,
  ...cutCases(options.cuts),
];
