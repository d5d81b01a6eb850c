import { expect, onTestFinished, test } from 'vitest';
import { field, findings, USERS } from '../../rules/dm/field-day.ts';
import { AREA } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;

/**
 * The product as it runs, by its schedules, with a cloud that has every strict switch on and every surprise: calls and lists
 * are limited, bodies vanish, the order is any, answers get lost, and the clock of this computer is set.
 */
test.each([
  ['sticky', 'json'],
  ['sqs', 'xml'],
] as const)(
  'the strictest cloud (%s, %s) gets everything, and gives everything',
  async (queue, listFormat) => {
    const f = field(temporaryFolder(), {
      switches: { queue, rate: 60, minPoll: 30, linkTtl: 120 },
      listFormat,
      partialDone: true,
    });
    onTestFinished(() => f.close());
    const { control } = f.cloud;
    const stop = new AbortController();
    const running = f.link.run(stop.signal);
    const clock = [0, 3_600_000, -3_600_000, 120_000];
    for (const [burst, jumpMs] of clock.entries()) {
      for (let n = 0; n < 30; n += 1) f.order(USERS[n % USERS.length]);
      control.shuffle({ area: AREA, reverse: burst % 2 === 1 });
      control.faults([
        { on: 'download', kind: 'half', times: 1, skip: 3 },
        { on: 'done', kind: 'lost-answer', times: 1 },
        { on: 'list', kind: 'html', times: 1, skip: 1 },
        { on: 'upload', kind: 'cut', times: 1 },
      ]);
      f.runtime.clock.jumpWall(jumpMs);
      await f.runtime.advance(20 * MINUTE);
    }
    const lost = f.order('bob');
    control.vanishBody({ area: AREA, id: f.sent.get(lost)?.id ?? '' });
    f.order('anna');
    await f.runtime.advance(10 * MINUTE);
    f.erp.tables = { ...f.erp.tables, Customer: [...(f.erp.tables['Customer'] ?? []), ['C-3', 'New']] };
    await f.runtime.advance(65 * MINUTE);
    stop.abort();
    await f.finish(running);
    await control.settled();
    for (const user of USERS) control.synchronize({ area: AREA, user });
    const found = findings(f).toSorted();
    // What the cloud itself lost stays there, is kept without its bytes for a person to see, and stops nothing else. To wait when
    // told to is no harm.
    const told = [
      'download answered 404',
      `${lost} is not in the ERP`,
      'list answered 429',
      'packets stay in the queue',
      `${lost} is kept without its bytes`,
    ];
    expect(found).toEqual(told.toSorted());
    expect(control.queueState({ area: AREA })).toMatchObject({
      waiting: [],
      delivered: [f.sent.get(lost)?.id],
    });
    const limited = f.cloud.log.filter((call) => call.status === 429).length;
    expect(limited).toBeLessThan(f.cloud.log.length / 10);
  },
  120_000,
);
