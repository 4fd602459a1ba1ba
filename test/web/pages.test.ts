/** Every page of the app, as it is served, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  cutCards,
  MEMBER,
  OPERATOR,
  open,
  openStand,
  overflow,
  pagesOfApp,
  type Stand,
  seriousFindings,
  type Visit,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();
const { doors, inside } = pagesOfApp();

describe('the web app', { skip }, () => {
  let stand: Stand;
  /** One browser for all pages of a kind: a new one would fetch and compile the whole app again for each. */
  let outsider: Visit;
  let operator: Visit;
  before(async () => {
    stand = await openStand();
    outsider = await stand.visit();
    operator = await stand.visit({ as: OPERATOR });
  });
  after(() => stand[Symbol.asyncDispose]());

  for (const path of [...doors, ...inside]) {
    test(`${path} keeps nobody out, light or dark, complains about nothing and fits 320 pixels`, async () => {
      const { page, complaints } = doors.includes(path) ? outsider : operator;
      complaints.length = 0;
      await page.setViewportSize({ width: 1280, height: 860 });
      await page.emulateMedia({ colorScheme: 'light' });
      await open(page, path);
      assert.deepEqual(await seriousFindings(page), []);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' });
      // The same page in other colours.
      assert.deepEqual(await seriousFindings(page, ['color-contrast']), []);
      await page.setViewportSize({ width: 320, height: 780 });
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await cutCards(page), []);
      assert.deepEqual(complaints, []);
    });
  }

  test('a person signs in, is led to the page they wanted, and signs out for good', async () => {
    const { page, complaints, close } = await stand.visit();
    const wanted = inside[0] ?? '/';
    await open(page, wanted);
    await page.getByLabel('E-mail').fill(MEMBER.email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(MEMBER.password);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === wanted);
    await page.getByRole('navigation').waitFor();
    await open(page, '/logout');
    await page.waitForURL((url) => url.pathname === '/login');
    const answer = await page.request.get('/api/auth/me');
    assert.equal(answer.status(), 401);
    // The wrong password is the one thing that the browser noted.
    assert.deepEqual(
      complaints.filter((text) => !text.includes('401')),
      [],
    );
    await close();
  });

  test('an address that leads nowhere says so, with a way back', async () => {
    const { page, close } = await stand.visit();
    const answer = await page.goto('/no-such-page');
    assert.equal(answer?.status(), 404);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await close();
  });

  test('where other ways in are switched off, nothing leads to them', async () => {
    const { page, complaints, close } = await stand.visit();
    await open(page, '/login');
    assert.equal(await page.getByRole('link', { name: 'Request one' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Sign in by name alone' }).count(), 0);
    await open(page, '/request-key');
    await page.getByText('Keys are not given out here').waitFor();
    assert.equal(await page.getByRole('button').count(), 0);
    assert.deepEqual(complaints, []);
    await close();
  });

  test('everything is said in Chinese and Italian as soon as that is chosen', async () => {
    const { page, complaints, close } = await stand.visit();
    await open(page, '/login');
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('button', { name: '登录' }).waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-Hans');
    await page.getByLabel('语言').selectOption('it');
    await page.getByRole('button', { name: 'Accedi' }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });
});
