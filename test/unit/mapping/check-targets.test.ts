import { describe, expect, it } from 'vitest';
import { loadMapping } from '../../../main/core/mapping/load-mapping.ts';
import { changed, hash, type Breakable } from './mapping-support.ts';

const header = 'pull.documents[1]';
const line = `${header}.lines[0].write.to`;
const STATUS = { column: 'Status', accepted: ['OK'], refused: ['NO'] };

/** The order goes to a staging table, header and lines, and everything about it is right. */
const handedOver = (d: Breakable): void => {
  const order = d.pull.documents[1];
  order.write.to = { staging: { name: 'Inbox' } };
  order.erpStatus = { ...STATUS };
  order.lines[0].write.to = { staging: { name: 'InboxLine' } };
};
/** The visit is kept by its number. */
const byKey = (d: Breakable): void => {
  const visit = d.pull.documents[0];
  visit.write.to = { table: { name: 'Visit' }, upsert: { key: ['visitno'] } };
  visit.write.values.VisitNo.required = true;
  visit.write.values.Note = { field: 'note', type: 'text(20)' };
};

function problemsOf(change: (data: Breakable) => void): readonly string[] {
  const loaded = loadMapping(changed(change), hash);
  if (loaded.ok) return [];
  for (const { message, hint } of loaded.failure) {
    expect(message).not.toBe('');
    expect(hint).not.toBe('');
  }
  return loaded.failure.map((problem) => problem.path);
}

describe('where rows may go', () => {
  it.each<[string, (data: Breakable) => void]>([
    ['a staging table with its lines', handedOver],
    ['a table by its key', byKey],
    [
      'a table by its key, which a default fills',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.values.VisitNo = { field: 'VisitNo', type: 'text(20)', default: '' };
      },
    ],
    [
      'a table by its key that gives its own key back',
      (d) => {
        byKey(d);
        d.pull.documents[0].returns = { key: { name: 'Id', type: 'int' } };
      },
    ],
    [
      'only the key, where an existing row is kept',
      (d) => {
        byKey(d);
        delete d.pull.documents[0].write.values.Note;
        d.pull.documents[0].write.to.upsert.onExisting = 'keep';
      },
    ],
    [
      'lines by the key of their header and a number',
      (d) => {
        d.pull.documents[1].lines[0].write.to = {
          table: { name: 'OrderLine' },
          upsert: { key: ['OrderId', 'Item'] },
        };
      },
    ],
    [
      'lines of a document handed over through a procedure',
      (d) => {
        handedOver(d);
        d.pull.documents[1].lines[0].write.to = { procedure: { name: 'AddLine' } };
      },
    ],
  ])('%s is taken', (_name, change) => {
    expect(problemsOf(change)).toEqual([]);
  });

  it.each<[string, string, (data: Breakable) => void]>([
    [
      'a header straight into a table',
      'pull.documents[0].write.to',
      (d) => delete d.pull.documents[0].write.to.rawInsert,
    ],
    ['a line straight into a table', line, (d) => delete d.pull.documents[1].lines[0].write.to.rawInsert],
    [
      'inserted and updated at once',
      'pull.documents[0].write.to.rawInsert',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.to.rawInsert = true;
      },
    ],
    [
      'a key that is not written',
      'pull.documents[0].write.to.upsert.key[1]',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.to.upsert.key = ['VisitNo', 'Area'];
      },
    ],
    [
      'a key named twice',
      'pull.documents[0].write.to.upsert.key[1]',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.to.upsert.key = ['VisitNo', 'VISITNO'];
      },
    ],
    [
      'a key that may be empty',
      'pull.documents[0].write.to.upsert.key[0]',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.values.VisitNo.required = false;
      },
    ],
    [
      'a key whose default is nothing',
      'pull.documents[0].write.to.upsert.key[0]',
      (d) => {
        byKey(d);
        d.pull.documents[0].write.values.VisitNo = { field: 'VisitNo', type: 'int', default: '' };
      },
    ],
    [
      'an update of nothing',
      'pull.documents[0].write.to.upsert.onExisting',
      (d) => {
        byKey(d);
        delete d.pull.documents[0].write.values.Note;
      },
    ],
    [
      'a row handed over of which nobody hears',
      `${header}.erpStatus`,
      (d) => {
        handedOver(d);
        delete d.pull.documents[1].erpStatus;
      },
    ],
    [
      'a row handed over that cannot be found again',
      `${header}.returns.key`,
      (d) => {
        handedOver(d);
        d.pull.documents[1].returns = {};
        delete d.pull.documents[1].lines[0].write.values.OrderId;
      },
    ],
    [
      'a status of what is not handed over',
      `${header}.erpStatus`,
      (d) => (d.pull.documents[1].erpStatus = STATUS),
    ],
    [
      'a status that means both',
      `${header}.erpStatus.refused[1]`,
      (d) => {
        handedOver(d);
        d.pull.documents[1].erpStatus.refused = ['NO', 'ok '];
      },
    ],
    [
      'a row that says itself that it is accepted',
      `${header}.write.values.Status`,
      (d) => {
        handedOver(d);
        d.pull.documents[1].write.values.Status = { constant: 'ok', type: 'text(10)' };
      },
    ],
    [
      'a staging table for lines alone',
      line,
      (d) => (d.pull.documents[1].lines[0].write.to = { staging: { name: 'InboxLine' } }),
    ],
    [
      'lines in their table before their header is accepted',
      line,
      (d) => {
        handedOver(d);
        d.pull.documents[1].lines[0].write.to = { table: { name: 'OrderLine' }, rawInsert: true };
      },
    ],
  ])('%s: refused', (_name, path, change) => {
    expect(problemsOf(change)).toEqual([path]);
  });
});
