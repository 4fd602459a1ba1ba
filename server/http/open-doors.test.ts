/** What a public dashboard shows to anyone, and what the token for metrics opens. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { OPERATOR, openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { type Headers, register, speakTo } from './people/people-for-tests.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

let open: TestEdge;
let shut: TestEdge;

before(async () => {
  const settings = { publicDashboard: true, metricsToken: METRICS_TOKEN };
  open = await openTestEdge({ settings });
  shut = await openTestEdge();
  for (const edge of [open, shut]) {
    const key = { id: 'vk_of_ann', userId: 'u_ann' };
    await edge.record(key, { cost: nanos(5), model: 'secret-model' });
    await edge.record(key, { cost: nanos(70) });
  }
});
after(() => Promise.all([open.close(), shut.close()]));

const get = (edge: TestEdge, url: string, headers: Headers = {}) => speakTo(edge).get(url, headers);

test('a public dashboard shows anyone the totals of the installation, as the operator sees them', async () => {
  const public_ = await get(open, '/api/overview');
  assert.equal(public_.statusCode, 200);
  assert.equal(public_.json().data.figures.spend_usd, '0.000000075');
  assert.deepEqual(public_.json(), (await get(open, '/api/overview', OPERATOR)).json());
  assert.ok(!/u_ann|vk_of_ann|secret-model/.test(public_.body));
  assert.equal((await get(open, '/api/session')).json().dashboard_public, true);
});

test('it shows nobody in particular, and a member still only what is theirs', async () => {
  for (const filter of ['user_id', 'key_id', 'provider', 'provider_key_id', 'model']) {
    const asked = await get(open, `/api/overview?${filter}=u_ann`);
    assert.equal(asked.statusCode, 401, filter);
    assert.equal(asked.json().code, 'authentication_required');
  }
  const { cookie } = await register(open);
  const own = (await get(open, '/api/overview', cookie)).json().data.figures;
  assert.equal(own.requests, 0);
  assert.equal(own.spend_usd, '0');
});

test('unless it was made public, a dashboard is for those who signed in', async () => {
  assert.equal((await get(shut, '/api/overview')).statusCode, 401);
  assert.equal((await get(shut, '/api/session')).json().dashboard_public, false);
  assert.equal((await get(shut, '/api/figures')).statusCode, 401);
  assert.equal((await get(open, '/api/figures')).statusCode, 401);
});

test('the token for metrics reads them in both formats, and is nothing where it is not set', async () => {
  const bearer = { authorization: `Bearer ${METRICS_TOKEN}` };
  const json = await get(open, '/metrics', bearer);
  assert.equal(json.statusCode, 200);
  assert.equal(json.json().version, '1.2.3');
  const text = await get(open, '/metrics', { ...bearer, accept: 'text/plain' });
  assert.equal(text.statusCode, 200);
  assert.match(text.body, /^# HELP tollkeeper_/);
  assert.equal((await get(open, '/api/settings', bearer)).statusCode, 403);
  assert.equal((await get(shut, '/metrics', bearer)).statusCode, 401);
});
