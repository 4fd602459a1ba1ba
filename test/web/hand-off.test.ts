/** How a virtual key is handed over in the app: once, with all that helps to put it to use, and again when it is rotated. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { chatOnce, MODEL_PRICING, PRICES, PROVIDER_SECRET } from '../journeys/stage.ts';
import {
  MEMBER,
  OPERATOR,
  open,
  openStand,
  type Stand,
  seriousFindings,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();

describe('handing over a virtual key', { skip }, () => {
  let stand: Stand;
  let upstream: FakeUpstream;
  before(async () => {
    upstream = await startFakeUpstream({ prices: PRICES });
    stand = await openStand({
      OPENAI_API_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: PROVIDER_SECRET,
      MODEL_PRICING_JSON: MODEL_PRICING,
    });
  });
  after(async () => {
    await stand[Symbol.asyncDispose]();
    await upstream.close();
  });

  test('the secret is guarded, stands in every snippet, and is seen to work; rotated, the old one is watched', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/virtual-keys');
    await page.getByRole('button', { name: 'Issue a key' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('night build');
    await page.getByRole('dialog').getByRole('button', { name: 'Issue a key' }).click();
    const dialog = page.getByRole('dialog', { name: 'night build: your new virtual key' });
    await dialog.waitFor();
    const secret = (await dialog.locator('pre').first().textContent()) ?? '';
    await assertSnippets(page, secret);
    await page.keyboard.press('Escape');
    await dialog.getByText('You will not see this secret again').waitFor();
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    await dialog.getByText('Waiting for your first call').waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await dialog.getByRole('button', { name: 'Make a test call' }).click();
    // The test call is the first call: it is told once.
    await dialog.getByText('It works: your first call arrived').waitFor();
    assert.equal(await dialog.getByRole('status').count(), 1);
    await dialog.getByLabel('I have put it in a safe place').check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes(secret));
    await rotate(page);
    const rotated = page.getByRole('dialog', { name: 'night build: the new secret' });
    await rotated.getByText('The old secret works on').waitFor();
    await rotated.getByText('It was used last:').waitFor();
    const next = (await rotated.locator('pre').first().textContent()) ?? '';
    assert.notEqual(next, secret);
    for (const one of [secret, next]) await chatOnce(stand.tollkeeper.url, one);
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(complaints, []);
    await close();
  });

  test('what is written outlives a server that is away, is ordered once, and its secret stays in sight', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/virtual-keys?add=yes');
    const form = page.getByRole('dialog');
    await form.getByLabel('Name', { exact: true }).fill('patient program');
    await form.getByText('Expiry and more').click();
    // A browser takes such a year, which is no instant.
    await form.getByLabel('Expires', { exact: true }).fill('20260-01-01T00:00');
    await form.getByLabel('Expires', { exact: true }).fill('2020-01-01T00:00');
    await form.getByText('Expiry and more').click();
    await form.getByRole('button', { name: 'Issue a key' }).click();
    // What is wrong in a part that was closed opens it.
    await form.getByText('expires_at must lie in the future').waitFor();
    await form.getByRole('button', { name: 'Never expires' }).click();
    await outage(page, async () => {
      assert.equal(await form.getByLabel('Name', { exact: true }).inputValue(), 'patient program');
    });
    await form.getByRole('button', { name: 'Issue a key' }).dblclick({ force: true });
    const dialog = page.getByRole('dialog', { name: 'patient program: your new virtual key' });
    const secret = (await dialog.locator('pre').first().textContent()) ?? '';
    await outage(page, async () => {
      assert.equal(await dialog.locator('pre').first().textContent(), secret);
    });
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Leave without it' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('row').filter({ hasText: 'patient program' }).count(), 1);
    await close();
  });

  test('a member without a wallet is told why their call was refused, as it is on record', async () => {
    const { page, complaints, close } = await stand.visit({ as: MEMBER });
    await open(page, '/virtual-keys?add=yes');
    await page.getByLabel('Name', { exact: true }).fill('poor program');
    await page.getByRole('dialog').getByRole('button', { name: 'Issue a key' }).click();
    const dialog = page.getByRole('dialog', { name: 'poor program: your new virtual key' });
    await dialog.getByRole('button', { name: 'Make a test call' }).click();
    const why = 'You issued this key yourself and have no wallet here';
    await dialog.getByText(why).waitFor();
    const [call] = (await (await page.request.get('/api/requests?limit=1')).json()).data;
    const story = await (await page.request.get(`/api/requests/${call.id}`)).json();
    assert.ok(story.refusal.sentence.startsWith(why), JSON.stringify(story.refusal));
    // The refused call is what the browser noted.
    assert.deepEqual(
      complaints.filter((text) => !text.includes('403')),
      [],
    );
    await close();
  });
});

/** Meanwhile the server answers nothing, and the page that is come back to asks it in vain. */
async function outage(page: Page, meanwhile: () => Promise<void>): Promise<void> {
  const comeBack = (): Promise<unknown> =>
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
  const notice = page.getByText('The server cannot answer at the moment');
  await page.route('**/api/**', (route) => route.fulfill({ status: 500, json: {} }));
  await comeBack();
  await notice.waitFor();
  await meanwhile();
  await page.unroute('**/api/**');
  await comeBack();
  await notice.waitFor({ state: 'detached' });
}

const TABS = [
  ['.env', 'OPENAI_API_KEY='],
  ['curl', 'curl http'],
  ['OpenAI TypeScript', "from 'openai'"],
  ['OpenAI Python', 'from openai import OpenAI'],
  ['Anthropic TypeScript', "from '@anthropic-ai/sdk'"],
  ['Anthropic Python', 'from anthropic import Anthropic'],
] as const;

async function assertSnippets(page: Page, secret: string): Promise<void> {
  assert.match(secret, /^tk_/);
  for (const [name, beginning] of TABS) {
    await page.getByRole('tab', { name, exact: true }).click();
    const code = page.getByRole('tabpanel', { name, exact: true });
    const text = (await code.textContent()) ?? '';
    assert.ok(text.includes(beginning) && text.includes(secret), name);
  }
}

async function rotate(page: Page): Promise<void> {
  const row = page.getByRole('row').filter({ hasText: 'night build' });
  await row.getByRole('button', { name: 'What to do with night build' }).click();
  await page.getByRole('menuitem', { name: 'Rotate' }).click();
  await page.getByRole('dialog').getByText('24 hours').click();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
}
