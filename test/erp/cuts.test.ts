import { expect, it } from 'vitest';
import { ERP_OBJECTS, onSandbox, openBench } from '../integration/erp/bench.ts';
import { judgeCuts, PARTS, playCuts, type Part, type PlayedCut } from '../integration/erp/cuts.ts';

const CUTS = Number(process.env['ERP_TEST_CUTS'] ?? 500);

it(
  `${CUTS} cuts around COMMIT: nothing lost, nothing doubled, and the product says what is so`,
  async () => {
    const bench = await openBench();
    try {
      const raw = await bench.raw();
      for (const batch of ERP_OBJECTS) await raw.query(batch);
      const report = await playCuts(bench, CUTS);
      expect({ lost: report.lost, doubled: report.doubled, stuck: report.stuck }).toEqual({
        lost: 0,
        doubled: 0,
        stuck: 0,
      });
      expect(report.cuts).toHaveLength(CUTS);
      const of = (part: Part): readonly PlayedCut[] => report.cuts.filter((one) => one.part === part);
      for (const part of PARTS) expect(of(part).length, part).toBeGreaterThan(0);

      // A cut is never taken for an end, in either direction.
      expect(new Set(report.cuts.map((one) => one.told))).toEqual(new Set(['unknown-outcome']));
      const halves = [...of('request'), ...of('commit')].filter((one) => one.at.bytes < report.requestBytes);
      // Less than the whole request never runs; once it answers, it has committed.
      expect(new Set(halves.map((one) => one.seen))).toEqual(new Set([0]));
      expect(new Set(of('answer').map((one) => one.seen))).toEqual(new Set([1]));
      expect(new Set(halves.map((one) => one.after))).toEqual(new Set(['applied', 'void: voided, applied']));
      expect(new Set(of('answer').map((one) => one.after))).toEqual(new Set(['already', 'void: already']));
      if (onSandbox) byTheLog(halves, of('answer'));

      // What is lost or doubled would be seen.
      const [first, second, third] = [0, 1, 2].map((index) => `${report.run}-00000${index}`);
      const idOf = (name?: string): string =>
        `(SELECT Id FROM dbo.[Sales Order] WHERE [Customer]]No] = N'${name}')`;
      await raw.query(`DELETE FROM dbo.[Sales Order Line] WHERE OrderId IN ${idOf(first)}`);
      await raw.query(`DELETE FROM ferry.ledger WHERE packet_id = N'${second}'`);
      await raw.query(`INSERT INTO dbo.[Sales Order] ([Customer]]No]) VALUES (N'${third}')`);
      expect(await judgeCuts(raw, report.run, CUTS)).toEqual({ lost: 2, doubled: 1 });
    } finally {
      await bench.close();
    }
  },
  Math.max(60_000, CUTS * 150),
);

/** Half a request does not arrive, each is sent again once, and no more than that. */
function byTheLog(halves: readonly PlayedCut[], answers: readonly PlayedCut[]): void {
  expect(new Set(halves.map((one) => one.arrived.join()))).toEqual(new Set(['0,1']));
  expect(new Set(answers.map((one) => one.arrived.join()))).toEqual(new Set(['1,1', '1,0']));
  for (const { arrived, after } of answers) expect(arrived[1]).toBe(after === 'already' ? 1 : 0);
}
