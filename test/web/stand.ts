/** The real server with the built app and two people who can sign in, and the system's Chromium in front of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { buildWeb } from '../../scripts/web-build.ts';
import type { Rooms } from '../../server/app.ts';
import { systemClock } from '../../server/clock.ts';
import { furnish, settingsAt, startDemoProvider } from '../../server/demo/demo.ts';
import {
  ADMIN_TOKEN,
  type LocalOptions,
  type LocalTollkeeper,
  type Settings,
  startTollkeeper,
} from '../harness.ts';
import { type Booth, CHROMIUM, takeBooth } from './booth.ts';
import { settled } from './settled.ts';

const ROOT = join(import.meta.dirname, '../..');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** Why no browser test can run here; undefined where it can. Continuous integration must have a browser. */
export function whyNoBrowser(): string | undefined {
  if (CHROMIUM !== undefined) return undefined;
  const why = 'there is no browser: install Chromium, or name one in TEST_CHROMIUM';
  if (process.env['CI'] === 'true') throw new Error(why);
  return why;
}

/** Every page, read from the list that the app itself is made of. */
export function pagesOfApp(): { readonly doors: string[]; readonly inside: string[] } {
  const text = readFileSync(join(ROOT, 'web/src/shell/pages.ts'), 'utf8');
  const [inside = '', doors = ''] = text.split('export const DOORS');
  const paths = (part: string) =>
    [...part.matchAll(/path: '([^']+)'/g)].map(([, path = '']) => path);
  return { doors: paths(doors).filter((path) => path !== '/logout'), inside: paths(inside) };
}

export type Scheme = 'light' | 'dark';

export interface Person {
  readonly email: string;
  readonly password: string;
}

export const OPERATOR: Person = { email: 'ada@example.com', password: 'a long enough password' };
export const MEMBER: Person = { email: 'ben@example.com', password: 'another long password' };

export interface Visit {
  readonly page: Page;
  /** What the console said that it should not have said, and faults of the page. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export interface Stand extends AsyncDisposable {
  readonly tollkeeper: LocalTollkeeper;
  readonly browser: Browser;
  /** A browser that nobody else is in and that knows nothing, signed in if somebody is given. */
  visit(options?: {
    readonly as?: Person;
    readonly width?: number;
    readonly scheme?: Scheme;
  }): Promise<Visit>;
}

export async function openStand(settings: Settings = {}): Promise<Stand> {
  await buildWeb({ isForced: false });
  return standIn({ settings, prepare: enrol });
}

/** A server that was just started for the first time, with the link by which somebody becomes its owner. */
export async function openFirstStand(
  settings: Settings = {},
): Promise<Stand & { readonly link: string }> {
  await buildWeb({ isForced: false });
  const stand = await standIn({ settings });
  const token = stand.tollkeeper.rooms.accounts.entrance.setUpToken();
  return { ...stand, link: `${stand.tollkeeper.url}/setup#token=${token}` };
}

/** A server with a month of usage in it and provider keys that were checked, as the demo has them. */
export async function openFurnishedStand(): Promise<Stand> {
  await buildWeb({ isForced: false });
  const provider = await startDemoProvider(systemClock);
  const prepare = async (rooms: Rooms): Promise<void> => {
    await enrol(rooms);
    await furnish(rooms, systemClock.now());
  };
  const options = { settings: settingsAt(provider.origin), prepare };
  const stand = await standIn(options, () => provider.close());
  const checked = await fetch(`${stand.tollkeeper.url}/api/checks`, {
    method: 'POST',
    headers: { 'x-admin-token': ADMIN_TOKEN },
  });
  if (!checked.ok) throw new Error(`checks: ${checked.status} ${await checked.text()}`);
  return stand;
}

/** @param end frees what the server needed, once it is closed */
async function standIn(
  options: Omit<LocalOptions, 'front'>,
  end: () => unknown = () => undefined,
): Promise<Stand> {
  const booth = await takeBooth();
  const front = (url: string): string => {
    booth.serve(url);
    return booth.url;
  };
  const tollkeeper = await startTollkeeper({ ...options, front }).catch(async (error: unknown) => {
    await booth.giveBack();
    throw error;
  });
  return {
    tollkeeper,
    browser: booth.browser,
    visit: (options = {}) => visit(booth, options),
    async [Symbol.asyncDispose]() {
      await booth.giveBack();
      await tollkeeper.close();
      await end();
    },
  };
}

/** One of them becomes the operator, as by the link of a first start, and the other registers. */
async function enrol({ accounts: { entrance } }: Rooms): Promise<void> {
  await entrance.setUp({ ...OPERATOR, name: 'Ada' }, entrance.setUpToken() ?? '');
  await entrance.register({ ...MEMBER, name: 'Ben' }, null);
}

async function visit(
  booth: Booth,
  { as, width = 1280, scheme = 'light' }: { as?: Person; width?: number; scheme?: Scheme },
): Promise<Visit> {
  const page = await booth.enter();
  await page.setViewportSize({ width, height: 860 });
  // Colours on their way from one scheme to the other have a contrast of their own.
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  if (as !== undefined) {
    const answer = await page.request.post('/api/auth/login', { data: as });
    if (!answer.ok()) throw new Error(`login: ${answer.status()}`);
  }
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints, close: () => booth.leave(page) };
}

/** Opens a page and waits until it has nothing left to fetch. */
export async function open(page: Page, path: string): Promise<void> {
  await settled(page, () => page.goto(path));
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** A colour on its way from one scheme to the other has a contrast of its own. What never ends is not waited for. */
const SETTLED = `Promise.allSettled(
  document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    .map((animation) => animation.finished),
).then(() => null)`;

/**
 * What axe finds that keeps somebody out, one sentence each.
 *
 * @param rules these only: what has changed since everything was looked at
 */
export async function seriousFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(AXE);
  await page.evaluate(SETTLED);
  const options = {
    resultTypes: ['violations'],
    ...(rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } }),
  };
  const found = await page.evaluate<{ violations: Finding[] }>(
    `axe.run(document, ${JSON.stringify(options)})`,
  );
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** By how many pixels the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
}

/** The cards of which something lies out of sight at the side, as the page itself does not get wider by it. */
export function cutCards(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.mantine-Card-root')]
    .filter((card) => card.scrollWidth > card.clientWidth)
    .map((card) => card.innerText.slice(0, 80))`);
}
