import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cautions, ratios, wanted } from './report.ts';
import { type Figures, median, type SystemFigures } from './rounds.ts';

function run(cpuMicrosPerRequest: number, failures = 0): Figures {
  const rest = {
    p50Ms: 1,
    p99Ms: 2,
    systemBusy: 1,
    othersBusy: 0,
    loadBusy: 0.5,
    readsPerAnswer: 1,
  };
  return {
    requests: 100,
    failures,
    cpuMicrosPerRequest,
    requestsPerSecond: 1e6 / cpuMicrosPerRequest,
    ...rest,
  };
}

function system(...plain: Figures[]): SystemFigures {
  return { plain: run(1), stream: run(1), runs: { plain, stream: [] }, answered: 0, rssMiB: 100 };
}

test('a ratio is taken within each round, so that a slow spell of the machine cancels out', () => {
  const ours = system(run(110), run(220), run(120));
  const bare = system(run(100), run(200), run(100));
  const found = ratios(
    new Map([
      ['tollkeeper', ours],
      ['bare', bare],
    ]),
    'plain',
  );
  assert.deepEqual(found.cpuOursToBare, { median: 1.1, lowest: 1.1, highest: 1.2 });
});

test('a system with a failed request yields no ratio and no verdict', () => {
  const all = new Map([
    ['tollkeeper', system(run(50, 1))],
    ['bare', system(run(100))],
  ] as const);
  const found = ratios(all, 'plain');
  assert.equal(found.cpuOursToBare, null);
  assert.deepEqual(
    wanted({ plain: found, stream: found, charged: found }).map(({ met }) => met),
    new Array(7).fill(null),
  );
});

test('each limit is judged in its own direction', () => {
  const all = new Map([
    ['tollkeeper', system(run(130))],
    ['bare', system(run(100))],
    ['portkey', system(run(910))],
  ] as const);
  const found = ratios(all, 'plain');
  assert.deepEqual(
    wanted({ plain: found, stream: found, charged: found }).map(({ met }) => met),
    [false, false, true, false, true, true, true],
  );
});

test('the median of an even count lies between the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([3, 1, 2]), 2);
});

test('a caution names each run that compared unlike work, met a load at its limit or shared its core', () => {
  const quiet = system(run(100));
  const merged = {
    ...quiet,
    stream: { ...run(100), readsPerAnswer: 0.5, loadBusy: 0.99, othersBusy: 0.3 },
  };
  assert.deepEqual(
    cautions(
      new Map([
        ['bare', quiet],
        ['tollkeeper', quiet],
      ]),
    ),
    [],
  );
  const found = cautions(
    new Map([
      ['bare', quiet],
      ['tollkeeper', merged],
    ]),
  ).join(' ');
  assert.match(found, /own limit.*30 % of the core.*0\.5 pieces per answer, bare 1\.0/);
});
