/** Ways in beside e-mail and password, where an installation has switched them on, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  MEMBER,
  OPERATOR,
  open,
  openStand,
  overflow,
  type Stand,
  seriousFindings,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();

async function resetLinkFor({ tollkeeper }: Stand, email: string): Promise<string> {
  const found = (await tollkeeper.operator(`/api/users?q=${email}`)) as { data: { id: string }[] };
  const path = `/api/users/${found.data[0]?.id}/reset-link`;
  const made = (await tollkeeper.operator(path, { method: 'POST' })) as { url: string };
  return made.url;
}

describe('the door', { skip }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand({ SELF_SERVICE_KEYS: 'true', INTRANET_LOGIN: 'true' });
  });
  after(() => stand[Symbol.asyncDispose]());

  test('a link sets a new password once, is in no address afterwards, and ends the old sessions', async () => {
    const old = await stand.visit({ as: MEMBER });
    const link = await resetLinkFor(stand, MEMBER.email);
    const token = new URL(link).hash.slice('#reset='.length);
    const { page, complaints, close } = await stand.visit();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await open(page, link);
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    assert.equal(new URL(page.url()).hash, '');
    assert.deepEqual(await seriousFindings(page), []);
    const changed = { ...MEMBER, password: 'a password from a link' };
    await page.getByLabel('Password', { exact: true }).fill(changed.password);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('Your new password is set').waitFor();
    assert.equal((await old.page.request.get('/api/auth/me')).status(), 401);
    await page.getByLabel('E-mail').fill(changed.email);
    await page.getByLabel('Password', { exact: true }).fill(changed.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('navigation').waitFor();
    assert.deepEqual(complaints, []);
    const stored = await page.evaluate(
      'JSON.stringify([localStorage, sessionStorage, history.state])',
    );
    assert.ok(!String(stored).includes(token));
    assert.ok(!asked.some((url) => url.includes(token)));
    assert.ok(!stand.tollkeeper.logged.some((line) => line.includes(token)));
    await close();
    await old.close();
    const late = await stand.visit();
    await open(late.page, link);
    await late.page.getByLabel('Password', { exact: true }).fill('one more password');
    await late.page.getByRole('button', { name: 'Set the password' }).click();
    await late.page.getByText('This link was used already').waitFor();
    await late.page.getByRole('button', { name: 'Back to signing in' }).click();
    await late.page.getByLabel('E-mail').waitFor();
    await late.close();
  });

  test('a name alone opens what has no password, and nothing that has one', async () => {
    const { page, close } = await stand.visit();
    await open(page, '/login');
    await page.getByRole('button', { name: 'Sign in by name alone' }).click();
    await page.getByLabel('Username').fill(MEMBER.email);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('This name has a password').waitFor();
    await page.getByLabel('Username').fill('workbench');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('navigation').waitFor();
    const me = await (await page.request.get('/api/auth/me')).json();
    assert.equal(me.username, 'workbench');
    await close();
  });

  test('T68 whoever signs in by a stranger’s link stays here', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    const origin = new URL(stand.tollkeeper.url).origin;
    for (const next of ['//evil.example/x', '/\\evil.example', 'javascript:document.title=1']) {
      await open(page, `/login?next=${encodeURIComponent(next)}`);
      await page.waitForURL((url) => url.pathname === '/dashboard');
      assert.equal(new URL(page.url()).origin, origin, next);
    }
    await close();
  });

  test('a key that was asked for is shown once, with its snippets, and then by its ends only', async () => {
    const { page, complaints, close } = await stand.visit({ width: 320 });
    await open(page, '/login');
    await page.getByRole('link', { name: 'Request one' }).click();
    await page.getByLabel('Username').fill('robot');
    await page.getByLabel('Note').fill('the night build');
    await page.getByRole('button', { name: 'Request a key' }).click();
    await page.getByRole('heading', { name: 'A key for robot' }).waitFor();
    const secret = (await page.locator('pre').first().textContent()) ?? '';
    assert.match(secret, /^tk_/);
    await page.getByRole('tab', { name: 'curl' }).click();
    await page.getByText(`Authorization: Bearer ${secret}`).waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    assert.equal(await overflow(page), 0);
    await page.getByLabel('I have put it in a safe place').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('the night build').waitFor();
    assert.ok(!(await page.content()).includes(secret));
    assert.deepEqual(await seriousFindings(page), []);
    assert.equal(await overflow(page), 0);
    assert.deepEqual(complaints, []);
    await close();
  });
});
