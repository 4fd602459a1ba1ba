/** A dashboard that the operator made public, in the browser of somebody who is not signed in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { open, openStand, overflow, type Stand, seriousFindings, whyNoBrowser } from './stand.ts';

const skip = whyNoBrowser();

describe('a public dashboard', { skip }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand({ DASHBOARD_PUBLIC: 'true' });
  });
  after(() => stand[Symbol.asyncDispose]());

  for (const [scheme, width] of [
    ['light', 1280],
    ['dark', 320],
  ] as const) {
    test(`shows its totals and the way in, ${scheme} and ${width} pixels wide`, async () => {
      const { page, complaints, close } = await stand.visit({ scheme, width });
      await open(page, '/dashboard');
      await page.getByRole('heading', { name: 'Totals' }).waitFor();
      await page.getByText('Requests', { exact: true }).waitFor();
      assert.equal(await page.getByRole('navigation').count(), 0);
      assert.deepEqual(await seriousFindings(page), []);
      assert.ok((await overflow(page)) <= 0);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByLabel('Password', { exact: true }).waitFor();
      assert.deepEqual(complaints, []);
      await close();
    });
  }

  test('leads from every other page to the door', async () => {
    const { page, close } = await stand.visit();
    await open(page, '/stats');
    await page.waitForURL(/\/login/);
    await close();
  });
});
