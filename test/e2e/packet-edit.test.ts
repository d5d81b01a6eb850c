import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { itemView } from '../../main/agent/site-status.ts';
import { openStoredSite, type StoredSite } from '../../main/cli/stored-site.ts';
import type { Handlers, ResultOf } from '../../shared/contract/contract.ts';
import { EDIT_CHARS } from '../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../shared/contract/reply.ts';
import { itemId } from '../../shared/model/ids.ts';
import { refusedCustomer, seedPacket } from '../unit/cli/seed-store.ts';
import { browserPath } from './browser.ts';
import { QueueSite } from './queue-site.ts';
import { WatchedPage, launchBrowser } from './watched-page.ts';

const MINUTE = 60_000;
const TEXT =
  '<NavMobileSync user="ANNA"><table tablename="ORDER"><row status="insert">' +
  '<DMS_ROWID>o-1</DMS_ROWID><CUSTOMER>C-7</CUSTOMER><NOTE></NOTE></row></table></NavMobileSync>';

/** Each look for barriers takes seconds on a busy computer. */
const SLOW = { timeout: 90_000 };

describe.skipIf(browserPath() === undefined)('editing a parked packet', () => {
  let browser: Browser;
  let site: QueueSite;
  let watched: WatchedPage;
  let page: Page;
  let reader: StoredSite | undefined;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    site = new QueueSite();
    watched = await WatchedPage.open(browser);
    page = watched.page;
  });
  afterEach(async () => {
    await watched.close();
    reader?.close();
    reader = undefined;
    await site.remove();
  });

  const detail = () => page.locator('[data-detail]');
  const dialog = () => page.getByRole('dialog');
  const act = (name: string) => dialog().getByRole('button', { name, exact: true });
  const editor = () => dialog().getByRole('textbox', { name: 'Text of the packet' });
  const edits = () => site.base.double.calls.filter(({ name }) => name === 'queueEdit');
  const seed = (): void =>
    void seedPacket(
      site.store,
      { id: 'P-1', label: 'Order SO-1042', user: 'ANNA', text: TEXT, park: refusedCustomer },
      site.base.now - 26 * MINUTE,
    );
  const open = async (over: Partial<Handlers> = {}): Promise<void> => {
    seed();
    await site.open(page, '#/queue?view=parked', over);
    await page.locator('[data-item]').first().click();
  };
  const openEditor = async (...args: Parameters<typeof open>): Promise<void> => {
    await open(...args);
    await detail().getByRole('button', { name: 'Edit' }).click();
    await dialog().waitFor();
  };
  /** What the store knows of the item, and what is added to it. */
  const shownWith = (more: Partial<ResultOf<'queueShow'>>, size?: number): Partial<Handlers> => ({
    queueShow: async (args) => {
      reader ??= openStoredSite(site.base.dataDir, 'Europe/Sofia');
      const reply = await reader.queueShow(args);
      if (!reply.ok) return reply;
      const { item } = reply.value;
      return answer({ ...reply.value, item: { ...item, size: size ?? item.size }, ...more });
    },
  });

  it('shows what the edit changes, asks for the packet id, and shows a refusal with its place', async () => {
    let refusing = true;
    await openEditor({
      queueEdit: async ({ item }) => {
        if (refusing) return refuse('bad-arguments', 'Refused: customer C-8 does not exist (ORDER row 1)');
        const going = site.store.retry(itemId(item), Date.now());
        if (going === undefined) return refuse('not-now', 'not parked');
        site.base.tell();
        return answer({ item: itemView(going), changes: [], more: 0 });
      },
    });
    await expect.poll(() => editor().inputValue()).toBe(TEXT);
    await act('Show what changes').click();
    await dialog().getByText('The text is the same as before').waitFor();
    await editor().fill(TEXT.replace('C-7', 'C-8').replace('<NOTE></NOTE>', ''));
    await act('Show what changes').click();
    const change = (field: string) => dialog().locator(`[data-change="${field}"]`);
    expect(await change('CUSTOMER').innerText()).toMatch(/ORDER o-1\s+CUSTOMER\s+C-7\s+C-8/);
    expect(await change('NOTE').innerText()).toMatch(/NOTE\s+empty\s+none/);
    expect(await act('Save and go on').isDisabled()).toBe(true);
    await dialog().getByLabel('Type the packet id to confirm').fill('P-1');
    await dialog().getByLabel('Why (optional)').fill('Moved to C-8');
    await dialog().getByLabel('Your name (optional)').fill('Vera');
    await act('Save and go on').click();
    await dialog().getByText('customer C-8 does not exist (ORDER row 1)').waitFor();
    expect(await dialog().getByRole('alert').innerText()).toContain('Go back to the text');
    refusing = false;
    await act('Back to the text').click();
    expect(await editor().inputValue()).toContain('C-8');
    await act('Show what changes').click();
    await dialog().getByLabel('Type the packet id to confirm').fill('P-1');
    await dialog().getByLabel('Your name (optional)').fill('Vera');
    await page.keyboard.press('Enter');
    await page.getByText('Order SO-1042 is edited and goes on now.').first().waitFor();
    await dialog().waitFor({ state: 'detached' });
    expect(edits().at(-1)?.args).toEqual({
      item: 1,
      xml: TEXT.replace('C-7', 'C-8').replace('<NOTE></NOTE>', ''),
      confirm: 'P-1',
      by: 'Vera',
      note: '',
    });
    expect(watched.complaints).toEqual([]);
  });

  it('lays the text out in lines without changing a value, and finds what is no XML', async () => {
    await openEditor();
    await act('One field a line').click();
    expect((await editor().inputValue()).split('\n')).toContain('      <CUSTOMER>C-7</CUSTOMER>');
    await act('Show what changes').click();
    await dialog().getByText('No field differs').waitFor();
    await act('Back to the text').click();
    await editor().fill(TEXT.replace('</NOTE>', '</NOT>'));
    await act('Show what changes').click();
    await dialog()
      .getByText(/This is no whole XML.*Line 1, column \d+\./)
      .waitFor();
    await editor().fill(`<!DOCTYPE x [<!ENTITY e "e">]>${TEXT}`);
    await act('Show what changes').click();
    await dialog().getByText('must not have a document type').waitFor();
    expect(edits()).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  it('says that a packet is too large, and names the command for it', async () => {
    await openEditor(shownWith({}, EDIT_CHARS * 4 + 1));
    await dialog().getByText('This packet is too large to be edited here.').waitFor();
    expect(await dialog().innerText()).toContain('erp-ferry queue edit 1 --file FILE --confirm P-1');
    expect(await editor().count()).toBe(0);
  });

  it('shows who edited what, what a resent document changes, and what the mapping does not know', async () => {
    const at = site.base.now - 3 * MINUTE;
    await open(
      shownWith({
        edits: [
          {
            at,
            by: 'Vera',
            note: 'moved <b>to</b> C-8',
            revision: 2,
            changes: [{ table: 'ORDER', row: 'o-1', field: 'CUSTOMER', before: 'C-7', after: 'C-8' }],
            more: 0,
            oldHash: 'a'.repeat(64),
            newHash: 'b'.repeat(64),
          },
        ],
        difference: {
          against: 7,
          againstAt: at,
          changes: [{ table: 'LINE', row: 'l-2', field: 'QTY', before: '3', after: '5' }],
          more: 4,
        },
        unknown: [
          { what: 'table', name: 'GPSLOG' },
          { what: 'code', name: 'documentType 77' },
        ],
      }),
    );
    const part = (name: string) => detail().locator(`[data-part="${name}"]`);
    await part('edits').waitFor();
    expect(await part('edits').innerText()).toMatch(/Edited 3 min ago by Vera, revision 2/);
    expect(await part('edits').innerText()).toContain('moved <b>to</b> C-8');
    expect(await part('difference').innerText()).toMatch(/LINE l-2\s+QTY\s+3\s+5/);
    expect(await part('difference').innerText()).toContain('4 more changes beyond these.');
    expect(await part('difference').getByRole('link').getAttribute('href')).toBe('#/queue?item=7');
    expect(await part('unknown').innerText()).toMatch(/GPSLOG[\s\S]*documentType 77/);
    expect(await watched.axe()).toEqual([]);
    const file = await watched.saved(() =>
      part('edits').getByRole('button', { name: 'Save as the phone sent it' }).click(),
    );
    expect(file.name).toBe('P-1-original.xml');
    expect(file.bytes.toString('utf8')).toBe(TEXT);
  });

  it.each(['light', 'dark'] as const)('is accessible in %s, wide and narrow', SLOW, async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await openEditor();
    await editor().fill(TEXT.replace('C-7', 'C-8'));
    expect(await watched.axe()).toEqual([]);
    await act('Show what changes').click();
    await dialog().locator('[data-change="CUSTOMER"]').waitFor();
    expect(await watched.axe()).toEqual([]);
    await page.setViewportSize({ width: 720, height: 600 });
    expect(await watched.axe()).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });
});
