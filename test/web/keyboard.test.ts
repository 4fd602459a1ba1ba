/** The whole app without a mouse: every page by Tab, what opens by Enter, and the command palette. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { walkThrough } from './keyboard-walk.ts';
import {
  OPERATOR,
  open,
  openFurnishedStand,
  pagesOfApp,
  type Stand,
  seriousFindings,
  type Visit,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();
const LONG = process.env['LONG'] === '1';
const { inside } = pagesOfApp();
/** Charts, a log with filters, a table with acts, a form: every kind of control. In the long run each page is walked. */
const WALKED = LONG ? inside : ['/dashboard', '/requests', '/keys', '/settings'];

describe('without a mouse', { skip }, () => {
  let stand: Stand;
  let visit: Visit;
  let page: Page;
  before(async () => {
    stand = await openFurnishedStand();
    visit = await stand.visit({ as: OPERATOR });
    page = visit.page;
  });
  after(async () => {
    await visit.close();
    await stand[Symbol.asyncDispose]();
  });

  for (const path of WALKED) {
    test(`${path} is walked through to its end, every stop is seen, and what opens gives the focus back`, async () => {
      visit.complaints.length = 0;
      await open(page, path);
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      const { missed, unseen, stops } = await walkThrough(page);
      assert.deepEqual({ missed, unseen }, { missed: [], unseen: [] });
      assert.ok(stops > inside.length, `${stops} stops`);
      // What every page has in common is opened on the first one, and in the long run on each.
      const place = LONG || path === WALKED[0] ? 'header, main' : 'main';
      for (const menu of await menusOn(page, place)) await openMenuAndLeave(page, menu);
      const row = page.locator('tr[data-opens] td:first-child button').first();
      if ((await row.count()) > 0) {
        await openDialogAndLeave(page, row);
        await openAndGoBack(page, row);
      }
      const adding = page.locator('[data-shortcut=n]').first();
      if ((await adding.count()) > 0) await openDialogAndLeave(page, adding);
      assert.deepEqual(visit.complaints, []);
    });
  }

  test('the menu of the person, and what a menu of a row opened, give the focus back', async () => {
    await open(page, '/keys?q=deepseek');
    for (const menu of await menusOn(page, 'aside')) await openMenuAndLeave(page, menu);
    const acts = page.getByRole('button', { name: /^What to do with/ }).first();
    await acts.press('Enter');
    await page.getByRole('menuitem', { name: 'Edit' }).press('Enter');
    await leaveDialog(page, acts);
  });

  test('a table is sorted, and a chart turned into its table, by Enter and Space', async () => {
    await open(page, '/keys');
    const head = page.getByRole('columnheader', { name: 'Balance' });
    for (const [key, order] of [
      ['Enter', 'descending'],
      ['Space', 'ascending'],
      ['Enter', 'none'],
    ] as const) {
      await head.getByRole('button').press(key);
      await page.locator(`th[aria-sort=${order}]`, { hasText: 'Balance' }).waitFor();
      await focusOn(page, head.getByRole('button'));
    }
    await open(page, '/dashboard');
    const chart = page.getByRole('figure', { name: 'Spend', exact: true });
    await chart.getByRole('button', { name: 'Show the table' }).press('Enter');
    await chart.getByRole('table').waitFor();
    const back = chart.getByRole('button', { name: 'Show the chart' });
    await focusOn(page, back);
    await back.press('Space');
    await chart.getByRole('table').waitFor({ state: 'detached' });
    // In its legend a series is put aside.
    const series = chart.getByRole('button', { pressed: true });
    const shown = await series.count();
    await series.first().press('Space');
    await chart.getByRole('button', { pressed: false }).first().waitFor();
    assert.equal(await series.count(), shown - 1);
  });

  test('the sheet of shortcuts opens by its key, and a page by its own', async () => {
    await open(page, '/settings');
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard' });
    await sheet.waitFor();
    await page.keyboard.press('d');
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.keyboard.press('m');
    await page.waitForURL((url) => url.pathname === '/models');
  });

  test('the palette finds pages, names and ids, and does things', async () => {
    visit.complaints.length = 0;
    await open(page, '/dashboard');
    const keys = (await (await page.request.get('/api/virtual-keys?limit=1')).json()).data[0];
    const request = (await (await page.request.get('/api/requests?limit=1')).json()).data[0];
    const search = page.getByRole('button', { name: /^Search/ });
    const words = page.getByRole('textbox', { name: /A page, an action/ });
    await search.press('Control+k');
    // Written before it is there: no letter is lost, and none leads to a page.
    await page.keyboard.type('expl');
    await focusOn(page, words);
    await page.keyboard.type('ore');
    assert.equal(await words.inputValue(), 'explore');
    assert.equal(new URL(page.url()).pathname, '/dashboard');
    assert.deepEqual(await seriousFindings(page), []);
    await page.keyboard.press('Escape');
    await words.waitFor({ state: 'detached' });
    await focusOn(page, search);

    const choose = async (typed: string, label: RegExp): Promise<void> => {
      await page.keyboard.press('Control+k');
      await words.fill(typed);
      const found = page
        .getByRole('button', { name: label })
        .and(page.locator('[data-action][data-selected]'));
      await found.waitFor();
      await page.keyboard.press('Enter');
      await words.waitFor({ state: 'detached' });
    };
    await choose('expl', /Explore/);
    await page.waitForURL((url) => url.pathname === '/stats');
    await choose(request.id, /Requests/);
    await page.waitForURL((url) => url.searchParams.get('row') === request.id);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await choose(keys.name, new RegExp(keys.name));
    await page.waitForURL((url) => url.searchParams.get('row') === keys.id);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await choose('issue an api', /Issue an API token/);
    await page.waitForURL((url) => url.pathname === '/tokens');
    const dialog = page.getByRole('dialog', { name: 'Issue a token' });
    await focusWithin(page, dialog);
    await page.keyboard.type('a spreadsheet');
    await dialog.getByLabel('Expires').fill('2099-01-31T12:00');
    await page.keyboard.press('Enter');
    await page.getByLabel('I have put it in a safe place').press('Space');
    await page.getByRole('button', { name: 'Done' }).press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const token = (await (await page.request.get('/api/tokens')).json()).data[0];
    assert.match(token.expires_at, /^2099-01-31T/);
    await choose('dark', /Dark/);
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' });
    assert.deepEqual(visit.complaints, []);
  });
});

/** Focus moves in the frame after a change: these wait for it. */
const focusOn = (page: Page, what: Locator) => what.and(page.locator(':focus')).waitFor();
const focusWithin = (page: Page, what: Locator) =>
  what.and(page.locator(':focus-within')).waitFor();

const MENUS = '[aria-haspopup=menu], [aria-haspopup=dialog]';

/** What opens a menu or a pop-up; of those in rows only the first. */
async function menusOn(page: Page, place: string): Promise<Locator[]> {
  const all = page.locator(place).locator(MENUS);
  const wanted = await all.evaluateAll((openers) =>
    openers.map((opener) => opener.checkVisibility() && opener.closest('tr + tr') === null),
  );
  return wanted.flatMap((isWanted, at) => (isWanted ? [all.nth(at)] : []));
}

async function openMenuAndLeave(page: Page, opener: Locator): Promise<void> {
  const kind = await opener.getAttribute('aria-haspopup');
  await opener.press('Enter');
  const over = page.locator(`[role=${kind}]:visible`);
  await over.waitFor();
  await focusWithin(page, over);
  if (kind === 'menu') {
    const first = over.getByRole('menuitem').first();
    // Some have it at once on the first entry, others on themselves.
    const isThere = await first.and(page.locator(':focus')).count();
    if (isThere === 0) await page.keyboard.press('ArrowDown');
    await focusOn(page, first);
  }
  await page.keyboard.press('Escape');
  await over.waitFor({ state: 'hidden' });
  await focusOn(page, opener);
}

async function openDialogAndLeave(page: Page, opener: Locator): Promise<void> {
  await opener.press('Enter');
  await leaveDialog(page, opener);
}

/** Going back closes what was opened, and leaves the page only after that. */
async function openAndGoBack(page: Page, opener: Locator): Promise<void> {
  const path = new URL(page.url()).pathname;
  await opener.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.goBack();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).pathname, path);
}

async function leaveDialog(page: Page, opener: Locator): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await focusWithin(page, dialog);
  // Round and round within it: the page beneath is out of reach.
  for (let stop = 0; stop < 4; stop++) await page.keyboard.press('Shift+Tab');
  await focusWithin(page, dialog);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await focusOn(page, opener);
}
