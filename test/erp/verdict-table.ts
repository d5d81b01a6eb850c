import type { Verdict } from './play-cases.ts';

/** One line a case; under what is not the same stands what is documented and what was found. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const lines: string[] = [];
  const width = Math.max(...verdicts.map((one) => one.name.length));
  let group = '';
  for (const one of verdicts) {
    if (one.group !== group) {
      group = one.group;
      lines.push('', group);
    }
    lines.push(`  ${one.verdict.padEnd(9)}  ${one.name.padEnd(width)}  ${String(one.ms).padStart(6)} ms`);
    if (one.verdict === 'same') continue;
    lines.push(`             documented: ${one.documented}`);
    lines.push(`             found: ${(one.found ?? '').replaceAll('\n', '\n                    ')}`);
  }
  return lines.join('\n');
}
