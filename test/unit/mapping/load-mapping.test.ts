import { describe, expect, it } from 'vitest';
import { loadMapping } from '../../../main/core/mapping/load-mapping.ts';
import { changed, DATA, hash, type Breakable } from './mapping-support.ts';

const problems = (text: string): readonly string[] => {
  const loaded = loadMapping(text, hash);
  if (loaded.ok) return [];
  for (const problem of loaded.failure) expect(problem.hint).not.toBe('');
  return loaded.failure.map((problem) => problem.path);
};

describe('loading a mapping', () => {
  it('gives the mapping with its defaults and the hash of the text', () => {
    const text = JSON.stringify(DATA);
    const loaded = loadMapping(text, hash);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
    expect(loaded.value.hash).toBe(hash(text));
    expect(loaded.value.mapping.pull.documents[1]?.onUpdate).toBe('park');
    expect(loaded.value.mapping.pull.documents[1]?.rowId).toBe('DMS_ROWID');
  });

  it('takes a byte order mark, refuses what is no JSON, names where', () => {
    expect(problems(`\uFEFF${JSON.stringify(DATA)}`)).toEqual([]);
    expect(problems('{ "mappingVersion": 1, }')).toEqual(['']);
    expect(problems('')).toEqual(['']);
    expect(problems('null')).toEqual(['']);
  });

  it('the hash is of the text, so that every change of the file counts', () => {
    const [a, b] = [JSON.stringify(DATA), JSON.stringify(DATA, null, 1)].map((text) =>
      loadMapping(text, hash),
    );
    expect(a?.ok && b?.ok && a.value.hash !== b.value.hash).toBe(true);
  });
});

const order = 'pull.documents[1]';

describe('what a mapping is refused for', () => {
  it.each<[string, string, (data: Breakable) => void]>([
    ['an unknown key', '', (d) => (d.extra = 1)],
    [
      'an unknown type',
      'push.entities[0].fields.No.type',
      (d) => (d.push.entities[0].fields.No.type = 'money'),
    ],
    [
      'dateOfTime on the way out',
      'push.entities[0].fields.No.type',
      (d) => (d.push.entities[0].fields.No.type = 'dateOfTime'),
    ],
    [
      'a field name XML cannot carry',
      'push.entities[0].fields["Unit Price"]',
      (d) => (d.push.entities[0].fields['Unit Price'] = { column: 'x', type: 'int' }),
    ],
    [
      'a field twice but for capitals',
      'push.entities[0].fields.NO',
      (d) => (d.push.entities[0].fields.NO = { column: 'x', type: 'int' }),
    ],
    ['no field', 'push.entities[0].fields', (d) => (d.push.entities[0].fields = {})],
    [
      'an entity twice',
      'push.entities[1].entity',
      (d) => d.push.entities.push({ ...d.push.entities[0], entity: 'CUSTOMER' }),
    ],
    ['no order of rows', 'push.entities[0].orderBy', (d) => (d.push.entities[0].orderBy = [])],
    [
      'something else than a SELECT',
      'push.entities[0].from.select',
      (d) => (d.push.entities[0].from = { select: 'DELETE FROM x' }),
    ],
    [
      'a code map that is not there',
      `${order}.write.values.Kind.codes`,
      (d) => (d.pull.documents[1].write.values.Kind.codes = 'toString'),
    ],
    [
      'a code that does not fit its type',
      'pull.codes.kinds["1"]',
      (d) => (d.pull.codes.kinds['1'] = 'twenty'),
    ],
    [
      'a default that is in no code map',
      `${order}.write.values.Kind.default`,
      (d) => (d.pull.documents[1].write.values.Kind.default = '9'),
    ],
    [
      'a default that does not fit',
      `${order}.write.values.Reason.default`,
      (d) => (d.pull.documents[1].write.values.Reason.default = 'x'.repeat(11)),
    ],
    [
      'a constant that does not fit',
      `${order}.write.values.Channel.constant`,
      (d) => (d.pull.documents[1].write.values.Channel.type = 'int'),
    ],
    [
      'a header that uses its own key',
      `${order}.write.values.Id`,
      (d) => (d.pull.documents[1].write.values.Id = { header: 'key' }),
    ],
    [
      'a line that uses a key nobody returns',
      `${order}.lines[0].write.values.OrderId`,
      (d) => delete d.pull.documents[1].returns.key,
    ],
    [
      'a reference to no document',
      `${order}.references[0].to.document`,
      (d) => (d.pull.documents[1].references[0].to.document = 'trip'),
    ],
    [
      'a reference to a document without number',
      `${order}.references[0].to.document`,
      (d) => delete d.pull.documents[0].number,
    ],
    [
      'a reference from a foreign table',
      `${order}.references[2].entity`,
      (d) => (d.pull.documents[1].references[2].entity = 'Elsewhere'),
    ],
    [
      'lines in the header’s table',
      `${order}.lines[0].entity`,
      (d) => (d.pull.documents[1].lines[0].entity = 'salesheader'),
    ],
    ['one word for two documents', `${order}.document`, (d) => (d.pull.documents[1].document = 'visit')],
    [
      'a document nothing reaches',
      'pull.documents[2]',
      (d) => {
        delete d.pull.documents[1].when;
        d.pull.documents.push({ ...d.pull.documents[1], document: 'second' });
      },
    ],
    [
      'two documents for one value',
      'pull.documents[2].when.in',
      (d) =>
        d.pull.documents.push({
          ...d.pull.documents[1],
          document: 'second',
          when: { field: 'documentType', in: ['1'] },
        }),
    ],
    [
      'documents told apart by two fields',
      'pull.documents[2].when.field',
      (d) =>
        d.pull.documents.push({
          ...d.pull.documents[1],
          document: 'second',
          when: { field: 'status', in: ['1'] },
        }),
    ],
    ['nothing to write', `${order}.write.values`, (d) => (d.pull.documents[1].write.values = {})],
    [
      'a target twice but for capitals',
      `${order}.write.values.NO`,
      (d) => (d.pull.documents[1].write.values.NO = { packet: 'id' }),
    ],
    [
      'a series in a document’s table',
      'pull.series[0].entity',
      (d) => (d.pull.series[0].entity = 'SalesLine'),
    ],
  ])('%s', (_, path, change) => {
    expect(problems(changed(change))).toContain(path);
  });

  it('shows at most twenty', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`a ${i}`, { column: 'x', type: 'int' }]),
    );
    expect(problems(changed((d) => (d.push.entities[0].fields = fields)))).toHaveLength(20);
  });
});
