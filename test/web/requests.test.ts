/** The log of requests in a real browser: filters, files, saved views, and the story of a refusal. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { ADMIN_TOKEN } from '../harness.ts';
import { OPERATOR, open, openFurnishedStand, type Stand, whyNoBrowser } from './stand.ts';

const skip = whyNoBrowser();
const MODEL = 'gpt-4o-mini';

interface Row {
  readonly id: string;
  readonly model: string;
  readonly cost_usd: string | null;
}

describe('the log of requests', { skip }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openFurnishedStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  test('a filter stands in the address, and the file has exactly the rows of the API', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/requests?live=off');
    const points = await page.evaluate<number[]>(POINTS);
    assert.ok(points.length > 40 && new Set(points).size === 1, points.join(' '));
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Model', { exact: true }).first().click();
    await page.getByRole('option', { name: MODEL, exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('model') === MODEL);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Export' }).click();
    const href = await page.getByRole('menuitem', { name: 'JSON file' }).getAttribute('href');
    const exported = (await (await page.request.get(href ?? '')).json()) as Row[];
    const asked = await allRows(page, `/api/requests?model=${MODEL}`);
    assert.ok(asked.length > 50, `${asked.length} rows`);
    assert.deepEqual(
      exported.map(({ id, cost_usd: cost }) => [id, cost]),
      asked.map(({ id, cost_usd: cost }) => [id, cost]),
    );
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a view that was saved is there on another device, can be renamed, and goes for good', async () => {
    const here = await stand.visit({ as: OPERATOR });
    await open(here.page, `/requests?live=off&model=${MODEL}&hide=user`);
    await here.page.getByRole('button', { name: 'Views', exact: true }).click();
    await here.page.getByRole('menuitem', { name: 'Save this view' }).click();
    await here.page.getByLabel('Name of the view').fill('small ones');
    await here.page.getByRole('button', { name: 'Save', exact: true }).click();
    await here.page.getByText('The view small ones is saved.').waitFor();
    await here.page.reload();
    await here.page.getByRole('button', { name: 'small ones', exact: true }).waitFor();
    await here.close();

    const there = await stand.visit({ as: OPERATOR });
    const { page } = there;
    await open(page, '/requests?live=off');
    await page.getByRole('button', { name: 'Views', exact: true }).click();
    await page.getByRole('menuitem', { name: 'small ones' }).click();
    await page.waitForURL((url) => url.searchParams.get('model') === MODEL);
    assert.equal(new URL(page.url()).searchParams.get('hide'), 'user');
    await page.getByRole('button', { name: 'small ones', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Manage views' }).click();
    await page.getByLabel('Name of small ones').fill('tiny ones');
    await page.getByRole('button', { name: 'Rename' }).click();
    const broken = (route: Route) =>
      route.request().method() === 'PUT'
        ? route.fulfill({ status: 500, body: '{"detail":"It broke."}' })
        : route.continue();
    await page.route('**/api/preferences', broken);
    await page.getByRole('button', { name: 'Delete the view tiny ones' }).click();
    await page.getByText('It broke.').waitFor();
    assert.equal(await page.getByText('The view tiny ones was deleted.').count(), 0);
    await page.unroute('**/api/preferences', broken);
    there.complaints.length = 0;
    // It is gone from the page before the account has taken it.
    const stored = page.waitForResponse(
      (answer) =>
        answer.request().method() === 'PUT' &&
        answer.request().postDataJSON().pages?.['/requests']?.views.length === 0,
    );
    await page.getByRole('button', { name: 'Delete the view tiny ones' }).click();
    await page.getByText('No view is saved any more.').waitFor();
    await stored;
    const kept = await (await page.request.get('/api/preferences')).json();
    assert.deepEqual(kept.pages['/requests'].views, []);
    assert.deepEqual([...here.complaints, ...there.complaints], []);
    await there.close();
  });

  test('what was chosen about the app is there wherever one signs in', async () => {
    const here = await stand.visit({ as: OPERATOR });
    await open(here.page, '/settings');
    let stored = whenStored(here.page, { theme: 'dark', language: 'it' });
    await here.page.getByText('Dark', { exact: true }).click();
    await here.page.getByLabel('Language').selectOption('it');
    await here.page.getByRole('heading', { name: 'Impostazioni' }).waitFor();
    await stored;
    const there = await stand.visit({ as: OPERATOR });
    await open(there.page, '/settings');
    await there.page.getByRole('heading', { name: 'Impostazioni' }).waitFor();
    await there.page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' });
    stored = whenStored(there.page, { theme: 'auto', language: 'en' });
    await there.page.getByLabel('Lingua').selectOption('en');
    await there.page.getByText('System', { exact: true }).click();
    await stored;
    assert.deepEqual([...here.complaints, ...there.complaints], []);
    await here.close();
    await there.close();
  });

  test('what was written last is not looked for on the page that somebody has gone to meanwhile', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/requests?live=off');
    await page.evaluate(HOLD_PAUSES);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/assets/**', (route) => released.then(() => route.continue()));
    await page.getByPlaceholder('Model, endpoint or request id').fill('gpt');
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/models');
    await page.evaluate('window.tkGoOn()');
    release();
    await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();
    assert.equal(new URL(page.url()).search, '');
    await page.unrouteAll();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('what went wrong stands there until somebody tries again', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    let asked = 0;
    await page.clock.install();
    await page.route('**/api/requests?**', async (route) => {
      asked++;
      await route.fulfill({ status: 500, body: '{"detail":"It broke."}' });
    });
    await open(page, '/requests');
    await page.getByText('It broke.').waitFor();
    await page.clock.fastForward(20_000);
    assert.equal(asked, 1);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('table').waitFor();
    await close();
  });

  test('the id of a refusal, pasted into the search, explains it', async () => {
    const origin = stand.tollkeeper.url;
    const headers = { 'x-admin-token': ADMIN_TOKEN, 'content-type': 'application/json' };
    const issued = await fetch(`${origin}/api/virtual-keys`, {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ username: 'narrow', models: ['only-this-one'] }),
    });
    const { secret } = (await issued.json()) as { secret: string };
    const refused = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'hello' }] }),
    });
    const id = refused.headers.get('x-request-id') ?? '';
    assert.equal(refused.status, 403);
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/requests?live=off');
    await page.keyboard.press('/');
    await page.keyboard.insertText(id);
    await page
      .getByRole('dialog')
      .getByText(/Refused by/)
      .waitFor();
    await page.getByText('This key may use: only-this-one.').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('row'), id);
    assert.deepEqual(complaints, []);
    await close();
  });
});

/** Where the points of the costs stand, which have between two and six digits behind them. */
const POINTS = `[...document.querySelectorAll('td [data-decimals]')].map(({ firstChild: text }) => {
  const range = document.createRange();
  range.setStart(text, text.data.indexOf('.'));
  range.setEnd(text, text.data.indexOf('.') + 1);
  return Math.round(range.getBoundingClientRect().left);
})`;

/**
 * Pauses of the page last until somebody says so: the one after the last letter, and the one after which a page that is
 * left makes room for the sign that the next one is on its way.
 */
const HOLD_PAUSES = `{
  const held = [];
  const set = window.setTimeout;
  window.setTimeout = (act, ms, ...rest) =>
    ms === 350 || ms === 1000 ? held.push(act) : set(act, ms, ...rest);
  window.tkGoOn = () => held.forEach((act) => act());
}`;

/** The account has taken all of these choices. */
function whenStored(page: Page, chosen: Readonly<Record<string, string>>): Promise<unknown> {
  return page.waitForResponse((answer) => {
    if (answer.request().method() !== 'PUT') return false;
    const sent = answer.request().postDataJSON();
    return Object.entries(chosen).every(([name, value]) => sent[name] === value);
  });
}

/** Every page of a list. */
async function allRows(page: Page, address: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { data, pagination } = await (
      await page.request.get(`${address}&limit=500${after}`)
    ).json();
    rows.push(...(data as Row[]));
    cursor = pagination.next_cursor as string | null;
  }
  return rows;
}
