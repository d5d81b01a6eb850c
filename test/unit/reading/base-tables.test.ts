import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SqlDefinition } from '../../../main/core/packets/erp.ts';
import { baseTables, tableKey } from '../../../main/core/reading/base-tables.ts';
import { namedInSelect } from '../../../main/core/reading/named-objects.ts';

const signal = new AbortController().signal;

// A SELECT is built from choices, and with it the list of what it reads.
interface Built {
  readonly text: string;
  readonly names: readonly string[];
}
type Choose = (count: number) => number;

const NAMES = ['Customer', 'Sales Order', 'Price]List', 'FROM', 'Größe', 'a"b', 'Item_1', 'where'];

function name(choose: Choose): Built {
  const found = NAMES[choose(NAMES.length)] ?? '';
  const plain = /^[A-Z][a-z_0-9]+$/.test(found);
  const quoted = [
    plain ? found : `[${found.replaceAll(']', ']]')}]`,
    `[${found.replaceAll(']', ']]')}]`,
    `"${found.replaceAll('"', '""')}"`,
  ][choose(3)];
  const schema = ['dbo.', '[dbo].', '"dbo" . '][choose(3)];
  return { text: `${schema ?? ''}${quoted ?? ''}`, names: [found] };
}

const join = (glue: string, ...parts: readonly Built[]): Built => ({
  text: parts.map(({ text }) => text).join(glue),
  names: parts.flatMap(({ names }) => names),
});
const around = (before: string, { text, names }: Built, after: string): Built => ({
  text: `${before}${text}${after}`,
  names,
});

function value(choose: Choose, depth: number): Built {
  const simple = [
    '1',
    "N'it''s FROM dbo.Nothing'",
    't.[from]',
    '@user_Route',
    'GETDATE()',
    '-.5',
    '0x1F',
    'UPPER(t.c)',
  ];
  const kind = choose(depth > 0 ? 14 : 8);
  if (kind < 8) return { text: simple[kind] ?? '1', names: [] };
  const inner = (): Built => query(choose, depth - 1);
  switch (kind) {
    case 8:
      return around('(', inner(), ')');
    case 9:
      return around('ISNULL((', inner(), '), 0)');
    case 10:
      return around('CASE WHEN EXISTS (', inner(), ') THEN 1 ELSE 0 END');
    case 11:
      return around('CAST((', inner(), ') AS decimal(18, 4))');
    case 12:
      return around('STUFF((', inner(), " FOR XML PATH('')), 1, 1, '')");
    default:
      return around('SUM(1) OVER (PARTITION BY (', inner(), '))');
  }
}

function condition(choose: Choose, depth: number): Built {
  const left = value(choose, depth);
  switch (choose(5)) {
    case 0:
      return join(' = ', left, value(choose, depth));
    case 1:
      return depth > 0
        ? around(`${left.text} IN (`, merged(left, query(choose, depth - 1)), ')')
        : around('', left, ' > 0');
    case 2:
      return around(
        'NOT (',
        join(' OR ', around('', left, ' IS NULL'), around('', value(choose, depth), ' < 3')),
        ')',
      );
    case 3:
      return join(' IS NOT DISTINCT FROM ', left, { text: 't.x', names: [] });
    default:
      return around('', left, " LIKE N'%FROM%' ESCAPE '!'");
  }
}
const merged = (names: Built, text: Built): Built => ({
  text: text.text,
  names: [...names.names, ...text.names],
});

function source(choose: Choose, depth: number): Built {
  const alias = ['', ' t', ' AS [t 1]', ' "t"'][choose(4)] ?? '';
  const hint = ['', '', ' WITH (INDEX(ix), UPDLOCK)'][choose(3)] ?? '';
  const kind = choose(depth > 0 ? 6 : 2);
  if (kind < 2) return around('', name(choose), `${alias}${hint}`);
  if (kind === 2) return around('(', query(choose, depth - 1), ') AS d');
  if (kind === 3) return around('(', from(choose, depth - 1), ')');
  if (kind === 4) return around('(VALUES (', value(choose, depth - 1), ')) AS v (x)');
  return around('((', join(') UNION ALL (', query(choose, depth - 1), query(choose, depth - 1)), ')) AS u');
}

function from(choose: Choose, depth: number): Built {
  let built = source(choose, depth);
  for (let more = choose(3); more > 0; more -= 1) {
    const next = source(choose, depth);
    const way = choose(6);
    if (way === 0) built = join(', ', built, next);
    else if (way === 1) built = join(' CROSS JOIN ', built, next);
    else if (way === 2 && depth > 0)
      built = join(' OUTER APPLY ', built, around('(', query(choose, depth - 1), ') AS a'));
    else
      built = join(
        '',
        join(
          [' JOIN ', ' LEFT OUTER JOIN ', ' INNER HASH JOIN ', ' FULL JOIN '][choose(4)] ?? ' JOIN ',
          built,
          next,
        ),
        around(' ON ', condition(choose, depth), ''),
      );
  }
  return built;
}

function query(choose: Choose, depth: number): Built {
  const top = ['', 'DISTINCT ', 'TOP (5) ', 'TOP 5 PERCENT '][choose(4)] ?? '';
  let built = around(`SELECT ${top}`, value(choose, depth), ' AS x');
  if (choose(8) > 0) built = join(' FROM ', built, from(choose, depth));
  if (choose(2) > 0) built = join(' WHERE ', built, condition(choose, depth));
  if (choose(4) === 0) built = join(' GROUP BY x HAVING ', built, condition(choose, depth));
  if (choose(4) === 0)
    built = join(
      [' UNION ', ' UNION ALL ', ' EXCEPT ', ' INTERSECT '][choose(4)] ?? ' UNION ',
      built,
      query(choose, Math.max(0, depth - 1)),
    );
  return built;
}

/** The same text in other capitals and white space, with comments between. */
function disguised(text: string, choose: Choose): string {
  return text
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\])/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/\b(SELECT|FROM|JOIN|WHERE|UNION|ON)\b/g, (word) =>
              choose(2) > 0 ? word.toLowerCase() : word,
            )
            .replaceAll(
              ' ',
              () => [' ', '\n\t', ' /* FROM dbo.No /* x */ */ ', ' -- FROM dbo.No\n', ' '][choose(5)] ?? ' ',
            ),
    )
    .join('');
}

const choices = fc.infiniteStream(fc.nat({ max: 1_000_000 }));
const chooser =
  (stream: Iterator<number>): Choose =>
  (count) =>
    Number(stream.next().value ?? 0) % count;

it('never misses a table, whatever the SELECT looks like', () => {
  let known = 0;
  fc.assert(
    fc.property(choices, (stream) => {
      const choose = chooser(stream[Symbol.iterator]());
      const built = query(choose, 3);
      const found = namedInSelect(disguised(built.text, choose));
      if (found.kind === 'unknown') return;
      known += 1;
      expect(new Set(found.objects.map((one) => one.name)), built.text).toEqual(new Set(built.names));
    }),
    { numRuns: 2_000 },
  );
  // `unknown` is always allowed; were it the answer to everything, nothing would be proven.
  expect(known).toBeGreaterThan(1_900);
});

it('text of any kind is read or refused, in time', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            'SELECT',
            'FROM',
            'dbo.A',
            '(',
            ')',
            ',',
            "'",
            '[',
            ']',
            'WITH',
            'AS',
            'JOIN',
            'ON',
            '.',
            '*',
            '--',
            '/*',
            '*/',
          ),
          fc.string({ maxLength: 5 }),
        ),
        { maxLength: 40 },
      ),
      (words) => {
        expect(['known', 'unknown']).toContain(namedInSelect(words.join(' ')).kind);
      },
    ),
    { numRuns: 2_000 },
  );
});

const catalogue = (objects: Readonly<Record<string, string | true | null>>) => ({
  definitions: (names: readonly { schema: string; name: string }[]) =>
    Promise.resolve({
      ok: true as const,
      value: names.map(({ schema, name: asked }): SqlDefinition => {
        const found = objects[asked];
        const at = { schema: schema === '' ? 'dbo' : schema, name: asked };
        if (found === true) return { ...at, kind: 'table' };
        if (found === undefined) return { ...at, kind: 'unknown' };
        return { ...at, kind: 'view', text: found ?? undefined };
      }),
    }),
});
const tablesOf = async (select: string, objects: Readonly<Record<string, string | true | null>>) => {
  const found = await baseTables(catalogue(objects), [{ select }], signal);
  if (!found.ok) throw new Error('not asked');
  return found.value.kind === 'unknown'
    ? 'unknown'
    : [...found.value.tables.map(tableKey), ...(found.value.clock ? ['@clock'] : [])];
};

it('follows views to their tables, and stops where something is not known', async () => {
  const objects = {
    A: true,
    B: true,
    V: 'CREATE VIEW dbo.V AS SELECT a FROM dbo.A JOIN W ON 1 = 1',
    W: 'CREATE VIEW dbo.W AS SELECT b FROM dbo.B WHERE d < GETDATE()',
    Round: 'CREATE VIEW dbo.Round AS SELECT * FROM dbo.A UNION ALL SELECT * FROM dbo.Round',
    Secret: null,
    Over: 'CREATE VIEW dbo.Over AS SELECT * FROM dbo.Secret',
  } as const;
  expect(await tablesOf('SELECT * FROM dbo.A', objects)).toEqual(['[dbo].[A]']);
  expect(await tablesOf('SELECT * FROM V', objects)).toEqual(['[dbo].[A]', '[dbo].[B]', '@clock']);
  expect(await tablesOf('SELECT * FROM dbo.Round', objects)).toEqual(['[dbo].[A]']);
  expect(await tablesOf('SELECT * FROM dbo.Over', objects)).toBe('unknown');
  expect(await tablesOf('SELECT * FROM dbo.Synonym', objects)).toBe('unknown');
  expect(await tablesOf('SELECT * FROM dbo.A, elsewhere.dbo.B', objects)).toBe('unknown');
});
