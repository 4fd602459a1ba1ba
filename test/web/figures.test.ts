/** The figures of the pages, of the API and of the files are the same, in a real browser in front of a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN_TOKEN } from '../harness.ts';
import {
  OPERATOR,
  open,
  openFurnishedStand,
  type Stand,
  type Visit,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();

describe('figures', { skip }, () => {
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

  const days = lastDays(30);
  const ask = async (address: string) => {
    const answer = await page.request.get(address);
    assert.equal(answer.status(), 200, address);
    return await answer.json();
  };

  /** The table of a chart, line by line; a mark that the day is not over is no part of the figures. */
  async function twin(label: string): Promise<string[][]> {
    const figure = page.getByRole('figure', { name: label, exact: true });
    await figure.getByRole('button', { name: 'Show the table' }).click();
    await figure.getByRole('table').waitFor();
    const lines = await figure.getByRole('row').all();
    return Promise.all(lines.map((line) => line.locator('th, td').allTextContents()));
  }

  /** The file behind an entry of the menu, as the browser would save it. */
  async function exported(entry: string): Promise<string> {
    await page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: entry }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  test('the cards of the dashboard say what the API says, exactly', async () => {
    await open(page, '/dashboard');
    // A step back and one forth end where they began, and not at two days that stand still.
    await page.getByRole('button', { name: 'Earlier period' }).click();
    await page.waitForURL((url) => url.searchParams.has('start'));
    await page.getByRole('button', { name: 'Later period' }).click();
    await page.waitForURL((url) => url.search === '');
    const { data } = await ask(`/api/overview?start=${days.first}&end=${days.last}`);
    const value = (metric: string) =>
      data.cards.find((card: { metric: string }) => card.metric === metric).value;
    const said = async (name: RegExp) =>
      await page.getByRole('button', { name }).locator('span[title]').first().getAttribute('title');
    assert.ok(Number(value('spend')) > 0);
    assert.equal(await said(/^Spend/), `${value('spend')} USD`);
    assert.equal(await said(/^Requests/), value('requests').toLocaleString('en-US'));
    assert.equal(await said(/^Tokens/), value('tokens').toLocaleString('en-US'));
    const { data: chart } = await ask(
      `/api/figures?start=${days.first}&end=${days.last}&group=model&top=7`,
    );
    const [head, ...lines] = await twin('Spend');
    assert.deepEqual(head, ['Day', ...namesIn(chart)]);
    assert.deepEqual(
      lines.map(([, ...cells]) => cells),
      cellsIn(chart),
    );
  });

  test('the report says what the API says, and its file has what is shown', async () => {
    await open(page, '/reports');
    const report = await ask(`/reports/data?start=${days.first}&end=${days.last}`);
    const users = page.getByRole('figure', { name: 'Cost by user' }).locator('tbody tr');
    assert.deepEqual(
      await users.locator('th span[title]').allTextContents(),
      report.by_user.map(({ label }: { label: string }) => label),
    );
    assert.deepEqual(
      await users.locator('td:nth-child(2)').allTextContents(),
      report.by_user.map(({ requests }: { requests: number }) => requests.toLocaleString('en-US')),
    );
    const byDay = await twin('Cost by day');
    assert.deepEqual(
      byDay.slice(1).map(([, ...cells]) => cells),
      report.daily.map((day: { cost_usd: number; cumulative_cost_usd: number }) => [
        exact(day.cost_usd),
        exact(day.cumulative_cost_usd),
      ]),
    );
    const [head = [], ...shown] = await twin('Cost by day and user');
    const file = rowsOf(await exported('CSV file'));
    assert.deepEqual(
      shown.flatMap(([, ...cells]) => cells.map((cell, at) => [head[at + 1], cell])),
      file.map(([, label, cost]) => [label, exact(Number(cost))]),
    );
    assert.deepEqual(JSON.parse(await exported('JSON file')), report.daily_by_user);
  });

  async function copied(): Promise<string> {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click();
    await page.getByText('Copied').first().waitFor();
    const read = '(window.tkClipboard ?? navigator.clipboard).readText()';
    await page.waitForFunction(`${read}.then((text) => text !== '')`);
    return page.evaluate<string>(read);
  }

  test('what is explored is in the file and behind the line for a terminal, to the last digit', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const { head, shown } = await explored('group=user&subgroup=model&top=5');
    assert.equal(head.length, 7, 'five series and the rest of them');
    const line = await copied();
    // A page that came over plain HTTP from another machine has none by this name, and copies all the same.
    await page.evaluate(`navigator.clipboard.writeText('').then(() => {
      window.tkClipboard = navigator.clipboard;
      Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
    })`);
    assert.equal(await copied(), line);
    const [, address = ''] = /^curl "([^"]+)"/.exec(line) ?? [];
    const answer = await fetch(address, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    const { data } = (await answer.json()) as { data: ChartData };
    assert.deepEqual(
      shown.map(([, ...cells]) => cells),
      cellsIn(data),
    );
  });

  test('what is added up week by week is so in the file too, and ends with the sum', async () => {
    const { shown } = await explored('group=all&view=sum&bucket=week');
    const sum = page.locator('tfoot td').first();
    assert.equal(shown.at(-1)?.[1], await sum.getAttribute('title'));
    assert.match(shown.at(-1)?.[0] ?? '', /^[A-Z][a-z]{2} \d+.*not over yet$/);
  });

  /** Spend, explored in some way: what is seen and what is in the file are the same. */
  async function explored(how: string): Promise<{ head: string[]; shown: string[][] }> {
    await open(page, `/stats?metric=spend&${how}`);
    const [head = [], ...shown] = await twin('Spend');
    const file = JSON.parse(await exported('JSON file')) as Record<string, string | null>[];
    const inFile = file.map(({ kind, group, subgroup, value }) => [
      kind === 'group' ? `${group} · ${subgroup}` : kind === 'other' ? 'Other' : 'All',
      value === null ? 'unpriced' : `${value} USD`,
    ]);
    // The file goes series by series, the table day by day.
    const inTable = head
      .slice(1)
      .flatMap((name, at) => shown.map((cells) => [name, cells[at + 1] ?? '']));
    assert.deepEqual(inTable, inFile);
    return { head, shown };
  }

  test('the reports of providers are explored by themselves, with their own sum', async () => {
    await open(page, '/dashboard');
    await page
      .locator('section')
      .filter({ has: page.getByRole('heading', { name: 'Metered here and reported' }) })
      .getByRole('link', { name: 'Explore' })
      .click();
    await page.getByRole('heading', { name: 'Explore', level: 1 }).waitFor();
    const total = page.locator('tfoot td').first();
    await total.waitFor();
    const { data } = await ask(
      `/api/v1/stats?source=provider&start=${days.first}&end=${days.last}`,
    );
    assert.equal(await total.getAttribute('title'), `${data.total_cost_usd} USD`);
    await page.getByText('Gateway', { exact: true }).click();
    const metered = await ask(`/api/overview?start=${days.first}&end=${days.last}`);
    await page.locator(`tfoot td[title="${metered.data.figures.spend_usd} USD"]`).waitFor();
  });

  test('on paper a report is light, whole and without what can only be pressed', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await open(page, '/reports');
    const chart = page.locator('svg.recharts-surface').first();
    await chart.waitFor();
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' });
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.getAttribute('html', 'data-mantine-color-scheme'), 'light');
    assert.equal(await page.getByRole('navigation').isVisible(), false);
    assert.equal(await page.getByRole('button', { name: 'Export' }).isVisible(), false);
    assert.ok(await page.getByRole('button', { name: 'Last 30 days' }).isVisible());
    const widths = await chart.evaluate((drawn) => [
      drawn.getBoundingClientRect().width,
      drawn.closest('figure')?.getBoundingClientRect().width,
    ]);
    assert.equal(widths[0], widths[1]);
    await page.emulateMedia({ media: null, colorScheme: 'light' });
    await page.evaluate("window.dispatchEvent(new Event('afterprint'))");
    assert.deepEqual(visit.complaints, []);
  });

  test('on paper a panel stands alone and whole', async () => {
    await open(page, '/requests?live=off');
    await page.locator('tr[data-opens] td:first-child button').first().click();
    const panel = page.getByRole('dialog');
    await panel.getByText('Details', { exact: true }).waitFor();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('#root table').isVisible(), false);
    const heights = await panel.evaluate((drawn) => [drawn.clientHeight, drawn.scrollHeight]);
    assert.equal(heights[0], heights[1]);
    assert.equal(await panel.getByRole('button', { name: 'Close' }).isVisible(), false);
    await page.emulateMedia({ media: null });
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    assert.deepEqual(visit.complaints, []);
  });

  test('a model that was used without a price is named with how often, and is never free', async () => {
    await open(page, '/models?state=unpriced');
    const { data } = await ask(
      `/api/figures?start=${days.first}&end=${days.last}&metric=unpriced_requests&group=model&bucket=none`,
    );
    const [first] = data.series as { group: { id: string }; value: number }[];
    assert.ok(first !== undefined && first.value > 0);
    await page.getByText(`${first.value} requests`).waitFor();
    const line = page.getByRole('row').filter({ hasText: first.group.id });
    assert.equal(await line.getByText('unpriced', { exact: true }).count(), 2);
    assert.deepEqual(visit.complaints, []);
  });
});

interface ChartData {
  readonly series: readonly {
    readonly kind: string;
    readonly group: { readonly label: string } | null;
    readonly values: readonly (string | null)[];
  }[];
  readonly buckets: readonly unknown[];
}

function namesIn({ series }: ChartData): string[] {
  return series.map(({ group }) => group?.label ?? 'Other');
}

/** As the table has them: a line for each bucket. */
function cellsIn({ series, buckets }: ChartData): string[][] {
  return buckets.map((_, at) =>
    series.map(({ values }) => {
      const value = values[at] ?? null;
      return value === null ? 'unpriced' : `${value} USD`;
    }),
  );
}

/** A JSON number of dollars to the nano-dollar. */
function exact(amount: number): string {
  return `${amount.toFixed(9).replace(/\.?0+$/, '')} USD`;
}

function rowsOf(csv: string): string[][] {
  const lines = csv.trim().split('\r\n').slice(1);
  return lines.map((line) => line.split(','));
}

/** The period that pages open with, in UTC days. */
function lastDays(count: number): { readonly first: string; readonly last: string } {
  const day = (back: number): string =>
    new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  return { first: day(count - 1), last: day(0) };
}
