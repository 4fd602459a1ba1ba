/** Provider keys in a real browser: found, looked at, changed, reckoned and deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  OPERATOR,
  open,
  openFurnishedStand,
  type Stand,
  seriousFindings,
  whyNoBrowser,
} from './stand.ts';

const skip = whyNoBrowser();

describe('provider keys', { skip }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openFurnishedStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  test('filter and order stand in the address, and the file is what the API answers', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?status=healthy&sort=-balance');
    await page.getByRole('button', { name: 'Export' }).click();
    const href = await page.getByRole('menuitem', { name: 'JSON file' }).getAttribute('href');
    const exported = (await (await page.request.get(href ?? '')).json()) as { id: string }[];
    const { data } = await (
      await page.request.get('/api/keys?status=healthy&sort=-balance')
    ).json();
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
    assert.ok(exported.length > 2);
    assert.deepEqual(ids(exported), ids(data));
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: /Name, platform/ }).fill('deepseek');
    await page.waitForURL((url) => url.searchParams.get('q') === 'deepseek');
    await page.getByText('1 row', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a balance below a new threshold is marked low, and its panel says so in words', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?q=deepseek');
    await page
      .getByRole('button', { name: /Batch jobs/ })
      .first()
      .click();
    const panel = page.getByRole('dialog');
    await panel.getByText('as the provider reports it').waitFor();
    await panel.getByText('What is left on the account.').waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await panel.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Low below').fill('1000');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog', { name: /Edit/ }).waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: 'Check now' }).click();
    await panel.getByText('Low', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('table').getByText('Low', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('what a provider does not tell is reckoned from what somebody read there, and called estimated', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?platform=groq');
    await page
      .getByRole('button', { name: /Editor plug-in/ })
      .first()
      .click();
    await page.getByText('The provider does not tell what is left.').waitFor();
    await page.getByRole('button', { name: 'Set what is left' }).click();
    await page.getByLabel('Left, in dollars').fill('25');
    await page.getByRole('button', { name: 'Reckon from this' }).click();
    await page.getByText('estimated: your amount less what was metered here since').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('table').getByText('$25.00').waitFor();
    await page.getByRole('table').getByText('estimated', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a key is switched off, which can be undone, and deleted only by who writes its name', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?platform=moonshot');
    await page
      .getByRole('button', { name: /Last year/ })
      .first()
      .click();
    const acts = page.getByRole('dialog').getByRole('group').first();
    await acts.getByRole('button', { name: 'Switch off' }).click();
    await acts.getByRole('button', { name: 'Switch on' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await acts.getByRole('button', { name: 'Switch off' }).waitFor();
    await acts.getByRole('button', { name: 'Delete' }).click();
    const confirm = page.getByRole('dialog', { name: /Delete Last year/ });
    const sure = confirm.getByRole('button', { name: 'Delete the key' });
    assert.ok(await sure.isDisabled());
    await confirm.getByRole('textbox').fill("Last year's trial");
    await sure.click();
    await page.getByText('No key like that').waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a switch keeps the focus when it is flipped by its key', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?platform=deepseek');
    const flip = page.getByRole('switch').first();
    await flip.focus();
    for (const [told, state] of [
      [/ is off: /, ':not(:checked)'],
      [/ is on\.$/, ':checked'],
    ] as const) {
      await page.keyboard.press('Space');
      await page.getByText(told).waitFor();
      await page.locator(`input[role=switch]:focus${state}`).waitFor({ timeout: 5_000 });
    }
    assert.deepEqual(complaints, []);
    await close();
  });

  test('how long ago a key was checked is told anew while its page stands open', async () => {
    const { page, close } = await stand.visit({ as: OPERATOR });
    await page.clock.install();
    await open(page, '/keys?platform=deepseek');
    await page.getByText(/^(\d+ seconds? ago|now|1 minute ago)$/).waitFor();
    await page.clock.fastForward('10:00');
    await page.getByText(/^1\d minutes ago$/).waitFor();
    await close();
  });

  test('a probe says what it cost before and after, and is made only when asked for', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    await open(page, '/keys?platform=openai');
    await page
      .getByRole('button', { name: /Organisation/ })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Probe' }).click();
    await page.getByText('This key was not probed yet.').waitFor();
    await page.getByRole('button', { name: 'Probe now' }).click();
    await page.getByRole('status').getByText('Model').waitFor();
    await page.getByText(/The last one, of/).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test('a key of whose use the provider says nothing is not shown as one that cost nothing', async () => {
    const { page, complaints, close } = await stand.visit({ as: OPERATOR });
    const data = { platform: 'openai', name: 'Search', key: 'demo-ordinary-key-0020' };
    const { id } = await (await page.request.post('/api/keys', { data })).json();
    // All that the gateway metered, as if this key had served it.
    await page.route(/\/api\/v1\/stats\?.*source=gateway/, (route) => {
      const url = new URL(route.request().url());
      url.searchParams.delete('key_id');
      return route.continue({ url: url.href });
    });
    await open(page, `/keys?row=${id}`);
    const use = page.getByRole('dialog').getByRole('table');
    const cost = use.getByRole('row', { name: /^Cost/ }).getByRole('cell');
    await page.getByText('The provider has reported no use of this key').waitFor();
    assert.equal(await cost.first().textContent(), '–');
    assert.match((await cost.last().textContent()) ?? '', /^\$/);
    assert.deepEqual(complaints, []);
    await close();
  });
});
