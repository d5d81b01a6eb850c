import { describe, expect, it } from 'vitest';
import { renderDevicePacket } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import type { DevicePacketContent } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import { readPacket } from '../../../main/sandbox/clouds/dynamics-mobile/packet-reader.ts';
import { testCloud } from './dynamics-mobile-world.ts';

const VISIT: DevicePacketContent = {
  user: 'Žofie Nová',
  tables: [
    {
      name: 'CustomerActivity',
      rows: [
        {
          status: 'insert',
          fields: [
            ['DMS_ROWID', 'r1'],
            ['InRoute', '1'],
            ['IsDistanceValid', 'true'],
            ['Comment', 'Größe <5> & "zu klein"\r\n  zwei'],
            ['unknownField', 'x'],
          ],
        },
        { status: 'delete', fields: [['DMS_ROWID', 'r2']] },
      ],
    },
    {
      name: 'DocumentSerieUpdate',
      rows: [{ status: 'update', withRowId: false, fields: [['current', '17']] }],
    },
    { name: 'TableOfTomorrow', rows: [{ status: 'insert', withRowId: false, fields: [['a', '']] }] },
  ],
};

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('device packets', () => {
  it('rule 45: have the shape of real ones', () => {
    expect(renderDevicePacket(VISIT)).toBe(
      '<NavMobileSync salesmancode="Žofie Nová">' +
        '<table tablename="CustomerActivity" name="CustomerActivity">' +
        '<r status="insert"><DMS_ROWID>r1</DMS_ROWID><InRoute>1</InRoute><IsDistanceValid>true</IsDistanceValid>' +
        '<Comment>Größe &lt;5&gt; &amp; &quot;zu klein&quot;&#13;\n  zwei</Comment>' +
        '<unknownField>x</unknownField><state>1</state></r>' +
        '<r status="delete"><DMS_ROWID>r2</DMS_ROWID><state>3</state></r></table>' +
        '<table tablename="DocumentSerieUpdate" name="DocumentSerieUpdate">' +
        '<r status="update"><current>17</current><state>2</state></r></table>' +
        '<table tablename="TableOfTomorrow" name="TableOfTomorrow">' +
        '<r status="insert"><a></a><state>1</state></r></table>' +
        '</NavMobileSync>',
    );
  });

  it('rule 45: keep every value through queue, download and a strict reader', async () => {
    const { deliver, list, link, get } = testCloud();
    deliver(1, { user: VISIT.user }, { xml: renderDevicePacket(VISIT) });
    const [entry] = await list();
    const answer = await get(await link(encodeURI(entry!.url.replace(/json/g, 'xml'))));
    const rows: [string, string | undefined, string][] = [];
    const bytes = new Uint8Array(await answer.arrayBuffer());
    // Not one byte is added on the way: no declaration, no line ends.
    expect(new TextDecoder().decode(bytes)).toBe(renderDevicePacket(VISIT));
    await readPacket(one(bytes), {
      row: (table, status, fields) => rows.push([table, status, fields.map(([, value]) => value).join('|')]),
    });
    expect(rows).toEqual([
      ['CustomerActivity', 'insert', 'r1|1|true|Größe <5> & "zu klein"\r\n  zwei|x|1'],
      ['CustomerActivity', 'delete', 'r2|3'],
      ['DocumentSerieUpdate', 'update', '17|2'],
      ['TableOfTomorrow', 'insert', '|1'],
    ]);
  });

  it('keeps a state that differs from the status, which is for a person to judge', () => {
    const xml = renderDevicePacket({
      user: 'a',
      tables: [{ name: 'T', rows: [{ status: 'insert', withRowId: false, fields: [['state', '3']] }] }],
    });
    expect(xml).toContain('<r status="insert"><state>3</state></r>');
  });

  it('does not let a phone forget a row key', () => {
    const rows = [{ status: 'insert' as const, fields: [['no', '1']] as const }];
    expect(() => renderDevicePacket({ user: 'a', tables: [{ name: 'SalesHeader', rows }] })).toThrow(
      'SalesHeader has no DMS_ROWID',
    );
  });
});
