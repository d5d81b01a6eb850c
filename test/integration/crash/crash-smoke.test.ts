import { describe, expect, test } from 'vitest';
import type { StepName, StepPhase } from '../../../main/core/runtime/steps.ts';
import type { Cut } from '../../crash/commit-cuts.ts';
import { pointName } from '../../crash/crash-point.ts';
import type { Work } from '../../crash/field-work.ts';
import type { Kill, StepKill } from '../../crash/kill-plan.ts';
import { crashReport, playWorld, type WorldReport } from '../../crash/run-crash.ts';

const SEED = 7;

interface Wish {
  readonly occurrence?: number | undefined;
  readonly work?: Work | undefined;
  readonly cut?: Cut | undefined;
  readonly atStart?: boolean | undefined;
}

const kill = (step: StepName, phase: StepPhase, wish: Wish = {}): StepKill => ({
  kind: 'step',
  point: { step, phase, occurrence: wish.occurrence ?? 1 },
  work: wish.work ?? 'plain',
  atStart: wish.atStart ?? false,
  cut: wish.cut,
});

function expectSurvived(world: WorldReport, plan: readonly Kill[]): void {
  const report = crashReport(SEED, 0, [world]);
  expect(report.findings).toEqual([]);
  expect(world.play.notReached).toEqual([]);
  const steps = plan.filter((one) => one.kind === 'step').map(({ point }) => pointName(point));
  const planned = Object.fromEntries(steps.map((name) => [name, steps.filter((one) => one === name).length]));
  expect(Object.fromEntries(world.play.steps)).toEqual(planned);
  expect(Object.fromEntries(world.play.recovered)).toMatchObject(planned);
  expect(world.play.random).toBe(plan.length - steps.length);
  const { lost, duplicated, changed, invented, reused, snapshotFindings, stuck } = report;
  expect({ lost, duplicated, changed, invented, reused, snapshotFindings, stuck }).toEqual({
    lost: 0,
    duplicated: 0,
    changed: 0,
    invented: 0,
    reused: 0,
    snapshotFindings: 0,
    stuck: 0,
  });
  // A refused packet is no order of a journal.
  const sent = plan.filter((one) => one.kind !== 'step' || one.work !== 'refused');
  expect(report.orders).toBeGreaterThanOrEqual(sent.length);
  expect(report.ok).toBe(true);
}

describe('DM-53 the agent killed with SIGKILL in a process of its own', () => {
  test(
    'DM-53 before and after a packet is stored, applied, settled and reported, and with the answer to COMMIT lost',
    {
      timeout: 60_000,
    },
    async () => {
      const plan: readonly Kill[] = [
        kill('pull.store-packet', 'before'),
        kill('pull.store-packet', 'after', { occurrence: 2 }),
        kill('pull.apply', 'before', { atStart: true }),
        kill('pull.apply', 'after', { cut: 'answer-lost' }),
        kill('pull.settle', 'before'),
        kill('pull.settle', 'after', { atStart: true }),
        kill('pull.report-done', 'before'),
        kill('pull.report-done', 'after'),
      ];
      const world = await playWorld({ mode: 'sticky', disk: 'node', seed: SEED, plan, say: () => undefined });
      expectSurvived(world, plan);
      expect(world.play.cuts).toEqual({ beforeCommit: 0, afterCommit: 1 });
    },
  );

  test(
    'DM-53 before and after the ERP is asked about what it was handed, and told of what is set aside',
    { timeout: 90_000 },
    async () => {
      const plan: readonly Kill[] = [
        kill('handover.ask', 'before', { work: 'waiting' }),
        kill('handover.ask', 'after', { work: 'waiting' }),
        kill('handover.note', 'before', { work: 'waiting' }),
        kill('handover.note', 'after', { work: 'waiting' }),
        kill('notice.tell', 'before', { work: 'refused' }),
        kill('notice.tell', 'after', { work: 'refused' }),
        kill('notice.note', 'before', { work: 'refused' }),
        kill('notice.note', 'after', { work: 'refused' }),
      ];
      const world = await playWorld({ mode: 'sticky', disk: 'node', seed: SEED, plan, say: () => undefined });
      expectSurvived(world, plan);
    },
  );

  test(
    'DM-53 with a disk that forgets what was not synced, a cloud that hides what it listed, and at any moment',
    {
      timeout: 60_000,
    },
    async () => {
      const plan: readonly Kill[] = [
        kill('pull.spool-body', 'after', { work: 'large' }),
        kill('pull.store-packet', 'after', { work: 'large' }),
        { kind: 'random', afterMs: 120, work: 'large' },
        kill('pull.apply', 'after', { cut: 'before-commit', work: 'large' }),
        { kind: 'random', afterMs: 250, work: 'plain' },
      ];
      const world = await playWorld({
        mode: 'sqs',
        disk: 'forgetful',
        seed: SEED,
        plan,
        say: () => undefined,
      });
      expectSurvived(world, plan);
      expect(world.play.cuts).toEqual({ beforeCommit: 1, afterCommit: 0 });
    },
  );

  test(
    'DM-53 while a person discards a parked packet: with the proof in the ERP and not in the store, and after both',
    { timeout: 90_000 },
    async () => {
      const plan: readonly Kill[] = [
        kill('pull.discard', 'before', { work: 'refused' }),
        kill('pull.discard', 'after', { work: 'refused' }),
      ];
      const world = await playWorld({ mode: 'sticky', disk: 'node', seed: SEED, plan, say: () => undefined });
      expectSurvived(world, plan);
    },
  );

  test(
    'while a person edits a parked packet: before its bytes are kept, with its key taken, and after the exchange',
    { timeout: 180_000 },
    async () => {
      const plan: readonly Kill[] = [
        kill('edit.keep-body', 'before', { work: 'refused' }),
        kill('edit.exchange', 'before', { work: 'refused' }),
        kill('edit.exchange', 'after', { work: 'refused' }),
      ];
      const world = await playWorld({ mode: 'sticky', disk: 'node', seed: SEED, plan, say: () => undefined });
      expectSurvived(world, plan);
    },
  );

  test(
    'DM-53 a list reported done before its packets are durable is found',
    { timeout: 60_000 },
    async () => {
      const plan = [kill('pull.store-packet', 'before')];
      const world = await playWorld({
        mode: 'sticky',
        disk: 'node',
        seed: SEED,
        bug: 'early-done',
        plan,
        say: () => undefined,
      });
      expect(world.verdict?.orders.lost).toBeGreaterThan(0);
      expect(crashReport(SEED, 0, [world]).ok).toBe(false);
    },
  );

  test('DM-53 a disk that is never synced is found', { timeout: 60_000 }, async () => {
    const plan = [kill('pull.store-packet', 'after', { work: 'large' })];
    const world = await playWorld({
      mode: 'sticky',
      disk: 'forgetful',
      seed: SEED,
      bug: 'no-sync',
      plan,
      say: () => undefined,
    });
    expect(world.verdict?.orders.lost).toBeGreaterThan(0);
    expect(crashReport(SEED, 0, [world]).ok).toBe(false);
  });
});
