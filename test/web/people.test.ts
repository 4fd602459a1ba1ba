/** People in the operator's hands and in their own, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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
const ENTRY = 'POST /api/wallets/:user_id/entries';
const GUEST = { email: 'cleo@example.com', password: 'a password of her own' };

describe('people', { skip }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand({ REGISTRATION: 'invite' });
  });
  after(() => stand[Symbol.asyncDispose]());

  test('who is invited registers, and the credit they are given stands in both statements', async () => {
    const chief = await stand.visit({ as: OPERATOR });
    await open(chief.page, '/users');
    await chief.page.getByRole('button', { name: 'Invite somebody' }).click();
    await chief.page.getByLabel('E-mail', { exact: true }).fill(GUEST.email);
    await chief.page.getByRole('button', { name: 'Make a link' }).click();
    const link = (await chief.page.locator('[role=dialog] pre').first().textContent()) ?? '';
    assert.match(link, /\/register#invitation=/);
    await chief.page.keyboard.press('Escape');
    await chief.page.getByRole('button', { name: 'Leave without it' }).click();
    await chief.page.getByRole('dialog').waitFor({ state: 'detached' });
    const guest = await stand.visit();
    await open(guest.page, link);
    await guest.page.getByLabel('E-mail', { exact: true }).fill(GUEST.email);
    await guest.page.getByLabel('Password', { exact: true }).fill(GUEST.password);
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await guest.page.getByRole('navigation').waitFor();
    await open(chief.page, '/users?q=cleo');
    await chief.page.getByRole('button', { name: GUEST.email }).click();
    await chief.page.getByRole('button', { name: 'Add credit' }).click();
    await chief.page.getByLabel('Amount in dollars').fill('12.50');
    await chief.page.getByLabel('Reason').fill('a first deposit');
    await chief.page.getByRole('button', { name: 'Book', exact: true }).click();
    await chief.page.getByText('a first deposit').waitFor();
    assert.deepEqual(await seriousFindings(chief.page), []);
    // Power over everything is not given by one click.
    await chief.page.getByRole('button', { name: 'Make an operator' }).click();
    const sure = chief.page.getByRole('dialog', { name: /^Make .+ an operator$/ });
    await sure.getByRole('button', { name: 'Cancel' }).click();
    await sure.waitFor({ state: 'detached' });
    const ways = chief.page.getByRole('dialog').getByRole('link');
    const ahead = await ways.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const me = await (await guest.page.request.get('/api/auth/me')).json();
    assert.equal(me.role, 'member');
    assert.deepEqual(ahead, [`/virtual-keys?user_id=${me.id}`, `/requests?user_id=${me.id}`]);
    await open(guest.page, '/profile');
    await guest.page.getByText('a first deposit').waitFor();
    assert.ok((await guest.page.getByText('$12.50').count()) > 0);
    await guest.page.getByRole('button', { name: 'Change the name' }).click();
    const renaming = guest.page.getByRole('dialog', { name: 'Change the name' });
    await renaming.getByLabel('Name', { exact: true }).fill('Cleo');
    await renaming.getByRole('button', { name: 'Change the name' }).click();
    await renaming.waitFor({ state: 'detached' });
    // Wherever one is called by name, it is the new one at once.
    await guest.page.getByRole('button', { name: /^C.*Cleo/ }).waitFor();
    assert.deepEqual([...chief.complaints, ...guest.complaints], []);
    await guest.close();
    await chief.close();
  });

  test('a member is told that the list of users is not for them, and gets nobody else by the API', async () => {
    const { page, close } = await stand.visit({ as: MEMBER });
    await open(page, '/users');
    await page.getByRole('heading', { name: 'This is not for you to see' }).waitFor();
    assert.equal((await page.request.get('/api/users')).status(), 403);
    const chief = await stand.visit({ as: OPERATOR });
    const users = await (await chief.page.request.get('/api/users')).json();
    for (const { id, email } of users.data) {
      const status = (await page.request.get(`/api/wallets/${id}`)).status();
      assert.equal(status, email === MEMBER.email ? 200 : 404, email);
    }
    await chief.close();
    await close();
  });

  test('the audit log is narrowed, saved as a view, and its file has what is shown', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/audit');
    await page.getByRole('combobox', { name: 'Kind of thing' }).click();
    await page.getByRole('option', { name: 'People' }).click();
    await page.waitForURL((url) => url.searchParams.get('kind') === 'user');
    await page.getByRole('combobox', { name: 'Call' }).click();
    await page.getByRole('option', { name: ENTRY, exact: true }).click();
    await page.getByText('1 row', { exact: true }).waitFor();
    await page.getByText('Book a credit, debit, refund or correction').waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const href = await page.getByRole('menuitem', { name: 'JSON file' }).getAttribute('href');
    const file = (await (await page.request.get(href ?? '')).json()) as { action: string }[];
    assert.deepEqual(
      file.map(({ action }) => action),
      [ENTRY],
    );
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Views', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByLabel('Name of the view').fill('who got credit');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'who got credit', exact: true }).waitFor();
    await page.evaluate("localStorage.setItem('tollkeeper.language', 'it')");
    await open(page, `/audit?action=${encodeURIComponent(ENTRY)}`);
    await page.getByText('Registrare un credito, un addebito').first().waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a tab shows whoever signed in meanwhile in another one, and nothing of who was here before', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/users');
    await page.getByText(MEMBER.email).first().waitFor();
    await page.request.post('/api/auth/login', { data: MEMBER });
    await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole('heading', { name: 'This is not for you to see' }).waitFor();
    assert.equal(await page.getByText(OPERATOR.email).count(), 0);
    await close();
  });

  test('whose session ends in the middle of a form signs in on top of it, and sends what was written', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/virtual-keys?add=yes');
    const form = page.getByRole('dialog', { name: 'Issue a key' });
    await form.getByLabel('Name', { exact: true }).fill('the night build');
    await page.context().clearCookies();
    await form.getByRole('button', { name: 'Issue a key' }).click();
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await again.getByLabel('Password', { exact: true }).fill(OPERATOR.password);
    await again.getByLabel('Password', { exact: true }).press('Enter');
    await again.waitFor({ state: 'detached' });
    await form.locator(':focus').waitFor();
    await form.getByRole('button', { name: 'Issue a key' }).click();
    await page.getByText('Copy it now').waitFor();
    await page.getByRole('cell', { name: 'What to do with the night build' }).waitFor();
    await close();
  });

  test('who signed out in the middle of a live page asks no more until they are back', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await page.clock.install();
    await open(page, '/requests');
    await page.context().clearCookies();
    let refused = 0;
    page.on('response', (answer) => {
      if (answer.status() === 401) refused++;
    });
    const lists = () => page.waitForResponse((answer) => answer.url().includes('/api/requests?'));
    const first = lists();
    await page.clock.fastForward(6_000);
    await first;
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.waitFor();
    for (let step = 0; step < 5; step++) await page.clock.fastForward(6_000);
    await again.getByLabel('Password', { exact: true }).fill(OPERATOR.password);
    const back = lists();
    await again.getByLabel('Password', { exact: true }).press('Enter');
    await again.waitFor({ state: 'detached' });
    assert.equal((await back).status(), 200);
    assert.equal(refused, 1);
    const next = lists();
    await page.clock.fastForward(6_000);
    assert.equal((await next).status(), 200);
    await close();
  });

  test('no key opens anything beneath what asks to sign in again', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/users');
    await page.keyboard.press('j');
    await page.getByRole('dialog').getByRole('group').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.context().clearCookies();
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.getByRole('button', { name: 'Sign in as somebody else' }).focus();
    await page.keyboard.press('j');
    assert.equal(new URL(page.url()).searchParams.has('row'), false);
    assert.equal(await page.getByRole('dialog').count(), 1);
    await close();
  });

  test('what was switched off comes back although its row is gone, and it is told where that fails', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await page.request.post('/api/virtual-keys', { data: { name: 'the spare' } });
    await open(page, '/virtual-keys?state=active&q=spare');
    const menu = page.getByRole('button', { name: 'What to do with the spare' });
    const undo = page.getByRole('button', { name: 'Undo' });
    const switchOff = async (): Promise<void> => {
      await menu.click();
      await page.getByRole('menuitem', { name: 'Switch off' }).click();
      await menu.waitFor({ state: 'detached' });
    };
    await switchOff();
    await undo.click();
    await page.getByText('the spare is switched on.').waitFor();
    await menu.waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await switchOff();
    await page.route('**/api/virtual-keys/*', (route) =>
      route.fulfill({ status: 500, body: '{"detail":"It broke."}' }),
    );
    await undo.click();
    await page.getByText('It broke.').waitFor();
    await page.unrouteAll();
    await close();
  });

  test('what one person may undo is not offered to the next', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await page.request.post('/api/virtual-keys', { data: { name: 'the other spare' } });
    await open(page, '/virtual-keys?q=other');
    await page.getByRole('button', { name: 'What to do with the other spare' }).click();
    await page.getByRole('menuitem', { name: 'Switch off' }).click();
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    await page.request.post('/api/auth/login', { data: MEMBER });
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole('button', { name: /Ben/ }).waitFor();
    await undo.waitFor({ state: 'detached', timeout: 3_000 });
    await close();
  });

  test('who signs out leaves nothing behind in another tab', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/users');
    const other = await page.context().newPage();
    await open(other, '/logout');
    await page.waitForURL((url) => url.pathname === '/login');
    await page.getByLabel('E-mail').waitFor();
    await other.close();
    await close();
  });

  test('a new password ends the other session and keeps this one', async () => {
    const here = await stand.visit({ as: MEMBER });
    const there = await stand.visit({ as: MEMBER });
    await open(here.page, '/profile');
    await here.page.getByLabel('Current password').fill(MEMBER.password);
    await here.page.getByLabel('New password').fill('quite another password');
    await here.page.getByRole('button', { name: 'Change the password' }).click();
    await here.page.getByText('All other sessions have ended').waitFor();
    assert.equal((await there.page.request.get('/api/auth/me')).status(), 401);
    assert.equal((await here.page.request.get('/api/auth/me')).status(), 200);
    await there.close();
    await here.close();
  });
});
