import { describe, expect, it } from 'vitest';
import { readValueNotes } from '../../../renderer/state/value-notes.ts';
import { Speaker } from '../../../shared/i18n/say.ts';

const note = { where: 'SalesHeader row 1', field: 'remark', was: 'long text', kept: 'long' };

describe('values the ERP has otherwise than the phone sent', () => {
  it('are read from the outcome of an item', () => {
    const json = JSON.stringify({
      outcome: 'applied',
      documents: [],
      notes: [{ ...note, document: 'order' }],
    });
    expect(readValueNotes(json)).toEqual([note]);
  });

  it.each([undefined, '', 'plain', '{', '{}', '[]', '{"notes":7}', '{"notes":[{"field":"a"}]}'])(
    'are none in %j',
    (json) => {
      expect(readValueNotes(json)).toEqual([]);
    },
  );

  it('are said with place, field and both texts', () => {
    const speaker = new Speaker({ now: 0, timeZone: 'UTC', locale: 'en-GB' });
    expect(speaker.text('value.changed.one', note)).toBe(
      'SalesHeader row 1, remark: "long" instead of "long text"',
    );
    expect(speaker.text('value.changed.heading', { count: 2 })).toContain('values otherwise');
  });
});
