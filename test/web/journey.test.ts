/** The whole product in a real browser, with a scripted provider behind it and official SDKs in front. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { type FakeProvider, startFakeProvider } from '../fake-provider.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { chatOnce, MODEL_PRICING, PRICES, PROVIDER_SECRET } from '../journeys/stage.ts';
import {
  MEMBER,
  OPERATOR,
  open,
  openFirstStand,
  openStand,
  overflow,
  type Person,
  type Stand,
  seriousFindings,
  type Visit,
  whyNoBrowser,
} from './stand.ts';

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
    // Whoever comes to the address alone is told what is missing.
    await open(page, '/login');
    await page.getByText('This installation has no owner yet').waitFor();
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
  await page.getByText(MODEL).first().waitFor();
  await open(page, '/requests');
  await page.getByRole('cell', { name: MODEL }).first().waitFor();
  await open(page, '/reports');
  await page.getByText(OWNER.email).first().waitFor();
}

async function assertSound(page: Page): Promise<void> {
  assert.deepEqual(await seriousFindings(page), []);
  const wide = page.viewportSize() ?? { width: 1280, height: 860 };
  await page.setViewportSize({ width: 320, height: 780 });
  assert.equal(await overflow(page), 0);
  await page.setViewportSize(wide);
}

const OTHER: Person = { email: 'cleo@example.com', password: 'a third long password' };

interface Issued {
  readonly id: string;
  readonly secret: string;
}

async function issue(visit: Visit, name: string): Promise<Issued> {
  const answer = await visit.page.request.post('/api/virtual-keys', { data: { name } });
  assert.equal(answer.status(), 201);
  return await answer.json();
}

describe('people and their money', { skip }, () => {
  let stand: Stand;
  let accounts: FakeProvider;
  before(async () => {
    upstream = await startFakeUpstream({ prices: PRICES });
    accounts = await startFakeProvider();
    stand = await openStand({
      OPENAI_API_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: PROVIDER_SECRET,
      DEEPSEEK_API_URL: accounts.base('deepseek'),
      MODEL_PRICING_JSON: MODEL_PRICING,
    });
    const data = { ...OTHER, name: 'Cleo' };
    const stranger = await stand.visit();
    assert.equal((await stranger.page.request.post('/api/auth/register', { data })).status(), 201);
    await stranger.close();
  });
  after(async () => {
    await stand[Symbol.asyncDispose]();
    await accounts.close();
    await upstream.close();
  });

  test('credit that is used up refuses a call, and its id in the search explains it', async () => {
    const visit = await stand.visit({ as: MEMBER });
    const { secret } = await issue(visit, 'spender');
    await stand.tollkeeper.operator('/admin/add_credits', {
      body: { api_key: secret, credits: 250 },
    });
    const id = await spendAll(stand.tollkeeper.url, secret);
    const { page, complaints } = visit;
    await open(page, '/requests');
    await page.getByLabel('Model, endpoint or request id').fill(id);
    await page.getByText('Refused by the wallet of the user').waitFor();
    await page.getByText('Only the operator can change this rule.').waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await open(page, '/profile');
    await page.getByText('Charge', { exact: true }).first().waitFor();
    assert.deepEqual(complaints, []);
    await visit.close();
  });

  test('two people never see each other’s keys, tokens and requests', async () => {
    const [ben, cleo] = [await stand.visit({ as: MEMBER }), await stand.visit({ as: OTHER })];
    const theirs = new Map([
      [ben, await furnish(ben, 'of-ben')],
      [cleo, await furnish(cleo, 'of-cleo')],
    ]);
    for (const [visit, own, other] of [
      [ben, 'of-ben', cleo],
      [cleo, 'of-cleo', ben],
    ] as const) {
      const foreign = own === 'of-ben' ? 'of-cleo' : 'of-ben';
      for (const path of ['/keys', '/virtual-keys', '/tokens', '/requests']) {
        await open(visit.page, path);
        await visit.page.getByText(own).first().waitFor();
        assert.equal(await visit.page.getByText(foreign).count(), 0, path);
      }
      for (const path of theirs.get(other) ?? []) {
        assert.equal((await visit.page.request.get(path)).status(), 404, path);
      }
    }
    await ben.close();
    await cleo.close();
  });

  test('a balance that falls below its threshold is marked low on the list of keys', async () => {
    const secret = 'sk-0123456789abcdef0123456789abcdef';
    const account = accounts.accounts.open(secret, { balance: 10_000_000_000 });
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys');
    await page.getByRole('button', { name: 'Add a provider key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Provider' }).click();
    await page.getByRole('option', { name: 'DeepSeek' }).click();
    await dialog.getByLabel('Key', { exact: true }).fill(secret);
    await dialog.getByLabel('Low below').fill('5');
    await dialog.getByRole('button', { name: 'Store it' }).click();
    await dialog.waitFor({ state: 'detached' });
    const row = page.getByRole('row').filter({ hasText: 'DeepSeek' });
    const checkNow = async (): Promise<void> => {
      await row.getByRole('button', { name: 'What to do with DeepSeek' }).click();
      await page.getByRole('menuitem', { name: 'Check now' }).click();
    };
    await checkNow();
    await row.getByText('Healthy').waitFor();
    await row.getByText('$10.00').waitFor();
    const use = { date: '2026-11-20', model: 'm', inputTokens: 1, outputTokens: 1 };
    accounts.accounts.spend(account, { ...use, cost: 6_000_000_000 });
    await checkNow();
    await row.getByText('Low').waitFor();
    await row.getByText('$4.00').waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(complaints, []);
    await close();
  });
});

/** @returns the id of the first call that was refused for want of credit */
async function spendAll(url: string, secret: string): Promise<string> {
  for (let calls = 0; calls < 10; calls++) {
    const refused = await chatOnce(url, secret).then(
      () => null,
      (error: unknown) => error,
    );
    if (refused === null) continue;
    assert.ok(refused instanceof OpenAI.APIError);
    assert.equal(refused.status, 402);
    return refused.requestID ?? '';
  }
  return assert.fail('credit for two calls paid for ten');
}

/** One of everything under this name. @returns addresses at which its owner finds it, and nobody else */
async function furnish(visit: Visit, name: string): Promise<readonly string[]> {
  const { id, secret } = await issue(visit, name);
  const { page } = visit;
  const data = {
    platform: 'openai',
    name,
    key: `sk-${name}-0123456789abcdef`,
    purposes: ['watch'],
  };
  const stored = await (await page.request.post('/api/keys', { data })).json();
  await page.request.post('/api/tokens', { data: { name } });
  const answer = await page.request.post('/v1/chat/completions', {
    headers: { authorization: `Bearer ${secret}` },
    data: { model: MODEL, messages: [{ role: 'user', content: 'Say hello.' }] },
  });
  const request = answer.headers()['x-request-id'];
  return [`/api/virtual-keys/${id}`, `/api/keys/${stored.id}`, `/api/requests/${request}`];
}
