/** T63: whatever text comes in from outside is shown as text, on every page and in every panel. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN } from '../harness.ts';
import { settled } from './settled.ts';
import {
  cutCards,
  OPERATOR,
  open,
  openStand,
  overflow,
  pagesOfApp,
  type Stand,
  type Visit,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();

/** Each of them sets `hostile` on the window if it is ever run. */
const MARKUP = '<img src=x onerror="window.hostile=1"><script>window.hostile=1</script>';
const LINK = 'javascript:window.hostile=1//[x](javascript:window.hostile=1)';
/** Turns what comes after it round, and is not turned back. */
const BIDI = '\u202Eevil\u2066 <b>bold</b> {{7*7}}';
const LONG = 'W'.repeat(120);
const NAMES = [MARKUP, LINK, BIDI, LONG];

/** Pages that must show it: on a page where it is not, nothing could go wrong with it. */
const SHOWING: readonly string[] = ['/requests', '/keys', '/virtual-keys', '/users', '/tokens'];
/** In the long run also where it shows only in passing. */
const LOOKED_AT =
  process.env['LONG'] === '1' ? pagesOfApp().inside : [...SHOWING, '/dashboard', '/audit'];

describe('T63 hostile text', { skip }, () => {
  let upstream: FakeUpstream;
  let stand: Stand;
  /** One browser for all pages: a new one would fetch and compile the whole app again for each. */
  let operator: Visit;
  before(async () => {
    upstream = await startFakeUpstream();
    stand = await openStand({ UPSTREAM_BASE: upstream.url, UPSTREAM_API_KEY: 'sk-upstream-0001' });
    for (const name of NAMES) await store(stand, upstream, name);
    operator = await stand.visit({ as: OPERATOR });
  });
  after(async () => {
    await stand[Symbol.asyncDispose]();
    await upstream.close();
  });

  for (const path of LOOKED_AT) {
    test(`is text on ${path} and in its panels${SHOWING.includes(path) ? ', and is really there' : ''}`, async () => {
      const { page, complaints } = operator;
      complaints.length = 0;
      await page.setViewportSize({ width: 1280, height: 860 });
      await open(page, path);
      await page.locator('main h1').waitFor();
      await page.locator('main [role=status]').first().waitFor({ state: 'detached' });
      if (SHOWING.includes(path)) await page.getByText(MARKUP).first().waitFor();
      await assertHarmless(page);
      assert.deepEqual(await cutCards(page), []);
      for (let row = 0; row < NAMES.length + 1; row += 1) {
        const opener = page.locator('tr[data-opens] td:first-child button').nth(row);
        if ((await opener.count()) === 0) break;
        await settled(page, async () => {
          await opener.click();
          await page.getByRole('dialog').waitFor();
        });
        await assertHarmless(page);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await page.setViewportSize({ width: 320, height: 780 });
      assert.equal(await overflow(page), 0);
      assert.deepEqual(complaints, []);
    });
  }
});

async function assertHarmless(page: Page): Promise<void> {
  assert.equal(await page.evaluate('window.hostile'), undefined);
  const live = page.locator('img[src=x], script:not([src]), a[href^="javascript:" i], main b');
  assert.equal(await live.count(), 0, 'text became markup');
}

/** Brings the text in by every way that there is, as a stranger, a user or a provider would. */
async function store(stand: Stand, upstream: FakeUpstream, text: string): Promise<void> {
  const { page, close } = await stand.visit({ as: OPERATOR });
  const origin = stand.tollkeeper.url;
  const send = async (method: string, path: string, data: object): Promise<unknown> => {
    const answer = await page.request.fetch(path, { method, data, headers: { origin } });
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  await send('PATCH', '/api/auth/me', { name: text.slice(0, 100) });
  await send('POST', '/api/tokens', { name: text });
  await send('POST', '/api/keys', {
    ...{ platform: 'custom', base_url: upstream.url.replace('127.0.0.1', 'models.example.com') },
    ...{ name: text, key: `sk-hostile-${NAMES.indexOf(text)}`, description: text },
  });
  await send('POST', '/api/virtual-keys', { username: text, name: text, note: text });
  const { secret } = (await send('POST', '/api/virtual-keys', { name: text.slice(0, 90) })) as {
    secret: string;
  };
  await close();
  const admin = { 'x-admin-token': ADMIN_TOKEN, 'content-type': 'application/json' };
  const bound = await fetch(`${origin}/admin/create_user`, {
    method: 'POST',
    headers: admin,
    body: JSON.stringify({ username: `${text}!`.slice(-128), credits: 1000 }),
  });
  assert.ok(bound.status < 500);
  upstream.script({ times: 1, behave: { status: 400, code: text, message: text } });
  for (let turn = 0; turn < 2; turn += 1) {
    await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        'user-agent': 'hostile <img src=x onerror=window.hostile=1>',
      },
      body: JSON.stringify({ model: text, messages: [{ role: 'user', content: text }] }),
    }).then((answer) => answer.text());
  }
}
