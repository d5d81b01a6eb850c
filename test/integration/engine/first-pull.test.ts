import { expect, onTestFinished, test } from 'vitest';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { sandboxSite, type SandboxSite } from '../../support/sandbox-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function site(firstLook: boolean): Promise<SandboxSite> {
  const made = await sandboxSite(temporaryFolder(), { firstLook });
  onTestFinished(() => made.close());
  return made;
}

const LINK = 'field-sales';
const status = async (s: SandboxSite) => {
  const answered = await s.site.handlers.status({});
  if (!answered.ok) throw new Error(answered.error.message);
  const [link] = answered.value.links;
  if (link === undefined) throw new Error('no link');
  const speaker = new Speaker({ now: answered.value.at, timeZone: 'UTC', locale: 'en' });
  const sentence = speaker.say(siteSentence(answered.value, (text) => speaker.say(text)));
  return { site: answered.value, link, sentence };
};
const items = (s: SandboxSite) => s.site.store.list({ direction: 'in', limit: 50, offset: 0 });
const apply = (s: SandboxSite, confirm = LINK) =>
  s.site.handlers.queueApply({ link: LINK, confirm, by: 'maria' });

test('a new link stores and reports what it pulls, applies nothing, and says so', async () => {
  const s = await site(true);
  const { parked } = (await status(s)).link;
  expect(await status(s)).toMatchObject({ link: { firstLook: { stored: 0 } } });
  s.phone.orders([{ lines: 1 }]);
  await s.phone.send();
  s.phone.orders([{ lines: 1 }]);
  await s.phone.send();
  await s.runtime.advance(20 * 60_000);
  const stored = items(s);
  expect(stored.length).toBeGreaterThan(1);
  expect(new Set(stored.map(({ state, attempts }) => `${state} ${attempts}`))).toEqual(new Set(['ready 0']));
  expect(await s.orders()).toEqual([]);
  expect(s.cloud.control.queueState({ area: SAMPLE.appArea })).toMatchObject({ waiting: [], delivered: [] });
  const shown = await status(s);
  expect(shown.link).toMatchObject({
    light: 'attention',
    firstLook: { stored: stored.length },
    pendingIn: { count: stored.length },
    parked,
    unreported: 0,
    settledToday: 0,
  });
  expect(shown.site.light).toBe('attention');
  expect(shown.sentence).toContain(
    `${LINK}: ${stored.length} packets are stored, none applied: look at them, then start applying.`,
  );
});

test('a person starts applying with the name of the link; a restart does not take that back', async () => {
  const s = await site(true);
  const [order] = s.phone.orders([{ lines: 1 }]);
  await s.phone.send();
  await s.runtime.advance(180_000);
  expect(await apply(s, 'field sales')).toMatchObject({ ok: false, error: { code: 'bad-arguments' } });
  expect(await s.site.handlers.queueApply({ link: 'other', confirm: 'other', by: '' })).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
  await s.runtime.advance(180_000);
  expect(await s.orders()).toEqual([]);
  expect(await apply(s)).toMatchObject({ ok: true, value: { stored: items(s).length } });
  await s.runtime.advance(180_000);
  expect(await s.orders()).toEqual([order?.rowId.toUpperCase()]);
  const after = await status(s);
  expect(after.link.firstLook).toBeUndefined();
  expect(after.site.notices.map(({ what }) => what.key)).not.toContain('site.firstLook.what');
  expect(await apply(s)).toMatchObject({ ok: true, value: { stored: 0 } });
  const { link, source } = s.site.agent.parts.links[0]?.parts ?? {};
  if (link === undefined || source === undefined) throw new Error('no link');
  expect(s.site.store.applyingSince(link, source)).toBeDefined();
  // The same name for another area is another link: nobody has looked at its packets.
  expect(s.site.store.applyingSince(link, `${source}x` as typeof source)).toBeUndefined();
});

test('without the setting packets are applied at once', async () => {
  const s = await site(false);
  s.phone.orders([{ lines: 1 }]);
  await s.phone.send();
  await s.runtime.advance(180_000);
  expect(await s.orders()).toHaveLength(1);
  expect((await status(s)).link.firstLook).toBeUndefined();
});

test('an item set aside meanwhile is a person’s matter as ever', async () => {
  const s = await site(true);
  s.phone.orders([{ lines: 1 }]);
  await s.phone.send();
  await s.runtime.advance(180_000);
  const [item] = items(s);
  const { parked } = (await status(s)).link;
  if (item === undefined) throw new Error('no item');
  expect(await s.finish(s.site.handlers.queuePark({ item: item.id, note: '' }))).toMatchObject({ ok: true });
  expect((await status(s)).link).toMatchObject({
    parked: parked + 1,
    firstLook: { stored: items(s).length - 1 },
  });
  await s.site.handlers.queueRetry({ item: item.id });
  await s.runtime.advance(180_000);
  expect(await s.orders()).toEqual([]);
});

test('settings take it, and are off without it', () => {
  const given = siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9' });
  expect(settingsSchema.parse(given).links[0]?.pull.firstLook).toBeUndefined();
});
