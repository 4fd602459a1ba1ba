/** The whole product in a real browser, with a scripted provider behind it and official SDKs in front. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { MODEL_PRICING, PRICES, PROVIDER_SECRET } from '../journeys/stage.ts';
import { open, openFirstStand, overflow, seriousFindings, whyNoBrowser } from './stand.ts';

const skip = whyNoBrowser();
const OWNER = { email: 'ada@example.com', password: 'a long enough password' };
const MODEL = 'gpt-4o-mini';

let upstream: FakeUpstream;

describe('from the set-up link to the first call', { skip }, () => {
  let stand: Awaited<ReturnType<typeof openFirstStand>>;
  before(async () => {
    upstream = await startFakeUpstream({ prices: PRICES });
    stand = await openFirstStand({
      OPENAI_API_URL: `${upstream.url}/v1`,
      MODEL_PRICING_JSON: MODEL_PRICING,
    });
  });
  after(async () => {
    await stand[Symbol.asyncDispose]();
    await upstream.close();
  });

  test('somebody becomes the owner, stores and issues a key, and sees the call of a program arrive', async () => {
    const { page, complaints, close } = await stand.visit();
    await open(page, stand.link);
    assert.equal(new URL(page.url()).hash, '');
    await becomeOwner(page);
    await page.getByRole('heading', { name: 'Add your first provider key' }).waitFor();
    await assertSound(page);
    await storeProviderKey(page);
    // Whoever loads the page again goes on where they were.
    await page.getByRole('heading', { name: 'Issue your first virtual key' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Issue your first virtual key' }).waitFor();
    await assertSound(page);
    await page.getByLabel('Name', { exact: true }).fill('first program');
    await page.getByRole('button', { name: 'Issue the key' }).click();
    await page.getByText('Waiting for your first call').waitFor();
    const lost = await secretOf(page);
    await leaveWithout(page);
    await page.getByText('The secret of first program was shown once').waitFor();
    await assertSound(page);
    await page.getByRole('button', { name: 'Make another secret' }).click();
    await page.getByText('Waiting for your first call').waitFor();
    const secret = await secretOf(page);
    assert.notEqual(secret, lost);
    await assertSound(page);
    const client = new OpenAI({ baseURL: `${stand.tollkeeper.url}/v1`, apiKey: secret });
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Say hello.' }],
    });
    assert.ok((answer.usage?.total_tokens ?? 0) > 0);
    await page.getByText('Your first call arrived').waitFor();
    await assertSound(page);
    await page.getByLabel('I have put it in a safe place').check();
    await page.getByRole('button', { name: 'To the dashboard' }).click();
    await page.waitForURL((url) => url.pathname === '/dashboard');
    await assertSeen(page);
    assert.deepEqual(complaints, []);
    const session = await page.context().cookies();
    await open(page, '/logout');
    await page.waitForURL((url) => url.pathname === '/login');
    await page.context().addCookies(session);
    assert.equal((await page.request.get('/api/auth/me')).status(), 401);
    await close();
  });

  test('the link is used up, and no secret was told to anybody who does not need it', async () => {
    const { page, close } = await stand.visit();
    await open(page, stand.link);
    await page.getByText('This installation has its owner already').waitFor();
    const token = stand.link.slice(stand.link.indexOf('=') + 1);
    const logged = stand.tollkeeper.logged.join('\n');
    for (const secret of [PROVIDER_SECRET, OWNER.password, token]) {
      assert.ok(!logged.includes(secret));
    }
    await close();
  });
});

async function becomeOwner(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Become the owner' }).click();
}

/** First a key that the provider does not take: it is not stored by the way. */
async function storeProviderKey(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Provider' }).click();
  await page.getByRole('option', { name: 'OpenAI', exact: true }).click();
  await page.getByLabel('Key', { exact: true }).fill(PROVIDER_SECRET);
  await page.getByRole('button', { name: 'Store it' }).click();
}

async function secretOf(page: Page): Promise<string> {
  const secret = (await page.locator('pre').first().textContent()) ?? '';
  assert.match(secret, /^tk_/);
  return secret;
}

/** The page loaded again before the secret was put away; the browser asks whether that is meant. */
async function leaveWithout(page: Page): Promise<void> {
  const asked = page.waitForEvent('dialog');
  const reloaded = page.reload();
  await (await asked).accept();
  await reloaded;
}

/** The call stands on the pages that tell of calls, with its cost. */
async function assertSeen(page: Page): Promise<void> {
  await open(page, '/requests');
  await page.getByRole('cell', { name: MODEL }).first().waitFor();
  await open(page, '/reports');
  await page.getByText(OWNER.email).first().waitFor();
}

async function assertSound(page: Page): Promise<void> {
  assert.deepEqual(await seriousFindings(page), []);
  const wide = page.viewportSize() ?? { width: 1280, height: 860 };
  await page.setViewportSize({ width: 360, height: 780 });
  assert.equal(await overflow(page), 0);
  await page.setViewportSize(wide);
}
