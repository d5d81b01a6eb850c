import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBrowserAnswer } from '../../../main/adapters/erp-mssql/sql-browser.ts';

function datagram(text: string, declared = text.length): Buffer {
  const head = Buffer.from([5, 0, 0]);
  head.writeUInt16LE(declared, 1);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
}
const entry = (name: string, rest: string): string =>
  `ServerName;SQL01;InstanceName;${name};IsClustered;No;Version;15.0.2000.5;${rest};`;

describe('an answer of SQL Server Browser', () => {
  it('lists instances with their TCP ports; pipes are no port', () => {
    const text =
      entry('MSSQLSERVER', 'tcp;1433;np;\\\\SQL01\\pipe\\sql\\query;') +
      entry('PIPES', 'np;\\\\SQL01\\pipe\\x;');
    expect(parseBrowserAnswer(datagram(text))).toEqual([
      { name: 'MSSQLSERVER', port: 1433 },
      { name: 'PIPES' },
    ]);
  });

  it.each([
    ['another length', datagram(entry('A', 'tcp;1433;'), 3)],
    ['another kind', Buffer.from([6, 1, 0, 65])],
    ['nothing', Buffer.alloc(0)],
    ['no name', datagram('ServerName;SQL01;;')],
    ['no end of instances', datagram(entry('A', 'tcp;1433;').repeat(65))],
  ])('with %s is none', (_what, bytes) => {
    expect(parseBrowserAnswer(bytes)).toBeUndefined();
  });

  it.each(['0', '65536', '-1', '1e3', 'x'])('a port "%s" is no port', (port) => {
    expect(parseBrowserAnswer(datagram(entry('A', `tcp;${port};`)))).toEqual([{ name: 'A' }]);
  });

  it('never throws, and finds only ports there can be', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.string().map((text) => datagram(text)),
        ),
        (bytes) => {
          for (const { port } of parseBrowserAnswer(bytes) ?? [])
            if (port !== undefined) expect(port > 0 && port < 65_536).toBe(true);
        },
      ),
    );
  });
});
