import { describe, expect, it } from 'vitest';
import { ConnectionCut } from '../../../main/sandbox/clouds/connection-cut.ts';
import { testCloud } from './dynamics-mobile-world.ts';
import type { ListedEntry } from './dynamics-mobile-world.ts';

const AREA = { area: 'ACME' };

describe.each(['sticky', 'sqs'] as const)('done (%s)', (queue) => {
  const world = (count: number) => {
    const made = testCloud({ switches: { queue } });
    return { ...made, sent: Array.from({ length: count }, (_, i) => made.deliver(i)) };
  };

  it('rule 47: removes exactly the reported entries, and they are not listed again', async () => {
    const { listText, list, done, control, sent, time } = world(12);
    const text = await listText();
    const reported = (JSON.parse(text) as ListedEntry[]).map((entry) => entry.id);
    expect((await done(text)).status).toBe(200);
    time.ms += 60_000;
    const left = (await list()).map((entry) => entry.id);
    expect([...left, ...reported].sort()).toEqual([...sent].sort());
    expect(control.queueState(AREA).done.sort()).toEqual([...reported].sort());
  });

  it('rule 47: takes the XML list back as it was given', async () => {
    const { api, done, control } = world(3);
    const text = await (await api('/mobile/erp/pull/ACME?format=xml')).text();
    expect((await done(text, 'format=xml', { 'content-type': 'application/xml' })).status).toBe(200);
    expect(control.queueState(AREA).done).toHaveLength(3);
    expect(control.statistics().alteredEntries).toBe(0);
  });

  it('rule 48: answers 200 and removes nothing for an altered or missing handle', async () => {
    const { list, done, control } = world(2);
    const [a, b] = await list();
    const altered = { ...a!, receiptHandle: a!.receiptHandle.replaceAll('+', ' ') };
    const { receiptHandle: _missing, ...without } = b!;
    expect((await done(JSON.stringify([altered, without]))).status).toBe(200);
    expect(control.queueState(AREA).done).toEqual([]);
    expect(control.statistics().ineffectiveDones).toBe(2);
  });

  it('rule 48: notices entries whose handle is right but whose text is not what was listed', async () => {
    const { list, done, control } = world(2);
    const [a, b] = await list();
    await done(JSON.stringify([{ ...a!, size: 1 }]));
    expect(control.statistics().alteredEntries).toBe(1);
    control.setSwitches({ strictEntries: true });
    expect((await done(JSON.stringify([{ ...b!, size: 1 }]))).status).toBe(400);
    expect(control.queueState(AREA).done).toEqual([a!.id]);
  });

  it('rule 48: an entry may go back in the words of any list it was in', async () => {
    const { control, listText, done, deliver, time } = testCloud({
      switches: { queue: 'sticky', strictEntries: true, extraFields: true },
    });
    const id = deliver(1);
    const first = await listText();
    time.ms += 60_000;
    expect(await listText()).not.toBe(first);
    expect((await done(first)).status).toBe(200);
    expect(control.queueState(AREA).done).toEqual([id]);
  });

  it('rule 48: does not remove files through the packet queue or packets through the file queue', async () => {
    const { listText, done, control } = world(1);
    const text = await listText();
    expect((await done(text, 'packetType=file&format=json')).status).toBe(200);
    expect(control.queueState(AREA).done).toEqual([]);
  });

  it('rule 49: takes a part of a list, unless only whole lists are taken', async () => {
    const { list, done, control } = world(6);
    const entries = await list();
    expect((await done(JSON.stringify(entries.slice(0, 2)))).status).toBe(200);
    expect(control.queueState(AREA).done).toHaveLength(2);
    control.setSwitches({ wholeListOnly: true });
    expect((await done(JSON.stringify(entries.slice(2, 4)))).status).toBe(400);
    expect(control.queueState(AREA).done).toHaveLength(2);
    expect((await done(JSON.stringify(entries))).status).toBe(200);
    expect(control.queueState(AREA).done).toHaveLength(6);
  });

  it('rule 50: answers 200 to a second report, which has no effect', async () => {
    const { listText, done, control, deliver } = world(2);
    const text = await listText();
    await done(text);
    const next = deliver(3);
    expect((await done(text)).status).toBe(200);
    expect(control.queueState(AREA)).toMatchObject({ waiting: [next], done: expect.any(Array) });
    expect(control.queueState(AREA).done).toHaveLength(2);
  });

  it('rule 51: refuses bodies that are not well-formed or of the other format, removing nothing', async () => {
    const { listText, api, done, control, time } = world(2);
    const json = await listText();
    time.ms += 60_000;
    const xml = await (await api('/mobile/erp/pull/ACME?format=xml')).text();
    const tries: [body: string, query: string][] = [
      [json.slice(0, -1), 'format=json'],
      [xml, 'format=json'],
      [json, 'format=xml'],
      [xml.replace('</message>', ''), 'format=xml'],
      [`<!DOCTYPE messages>${xml}`, 'format=xml'],
      [`<list>${xml}</list>`, 'format=xml'],
      ['{}', 'format=json'],
      ['["x"]', 'format=json'],
      ['', 'format=json'],
      [json, 'format=csv'],
    ];
    for (const [body, query] of tries)
      expect([query, (await done(body, query)).status]).toEqual([query, 400]);
    expect(control.queueState(AREA).done).toEqual([]);
  });

  it('rule 52: a retry after a lost answer is harmless', async () => {
    const { listText, done, control } = world(3);
    const text = await listText();
    control.faults([{ on: 'done', kind: 'lost-answer', times: 1 }]);
    await expect(done(text)).rejects.toBeInstanceOf(ConnectionCut);
    expect(control.queueState(AREA).done).toHaveLength(3);
    expect((await done(text)).status).toBe(200);
    expect(control.queueState(AREA).done).toHaveLength(3);
  });
});

describe('done (sqs)', () => {
  it('rule 49: refuses one report of two lists where only whole lists are taken', async () => {
    const { list, done, control, deliver } = testCloud({ switches: { queue: 'sqs', wholeListOnly: true } });
    deliver(1);
    const first = await list();
    deliver(2);
    const second = await list();
    expect(await list()).toEqual([]);
    expect((await done(JSON.stringify([...first, ...second]))).status).toBe(400);
    expect((await done(JSON.stringify(second))).status).toBe(200);
    expect(control.queueState(AREA)).toMatchObject({ delivered: [first[0]!.id], done: [second[0]!.id] });
  });

  it('rule 48: an outdated handle removes nothing, the newest one does, also late', async () => {
    const { list, done, control, deliver, time } = testCloud({ switches: { queue: 'sqs' } });
    const id = deliver(1);
    const old = await list();
    time.ms += 30_000;
    const fresh = await list();
    expect((await done(JSON.stringify(old))).status).toBe(200);
    expect(control.queueState(AREA)).toMatchObject({ delivered: [id], done: [] });
    time.ms += 30_000;
    await done(JSON.stringify(fresh));
    expect(control.queueState(AREA)).toMatchObject({ delivered: [], done: [id] });
  });
});
