/** How long an operator waits for the figures of the dashboard in a real browser. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { type Times, timesOf } from './dashboard.ts';
import type { Product } from './systems.ts';

const CHROMIUM = '/usr/bin/chromium';

/**
 * Tells the milliseconds since navigation when the five cards of requests stand there: they do so with their figures or
 * not at all. Watched from inside, because the tool's own way of waiting takes a tenth of a second of the page's time.
 */
const WATCH = `
  const watch = new MutationObserver(() => {
    if (document.querySelectorAll('main button[aria-pressed]').length < 5) return;
    watch.disconnect();
    requestAnimationFrame(() => window.figuresShown(performance.now()));
  });
  watch.observe(document, { childList: true, subtree: true });`;

/** Longer than the charts of a page take to be drawn, which would keep the next visit waiting. */
const REST_MS = 3_000;

export interface BrowserReport {
  /** In a browser that was never here: everything is fetched and compiled. */
  readonly first: Times;
  /** In one that was. */
  readonly again: Times;
}

/**
 * From navigation to the moment when the cards stand on the page with their figures. Null: there is no browser on this
 * machine.
 */
export async function timeDashboard(
  product: Product,
  times: number,
): Promise<BrowserReport | null> {
  if (!existsSync(CHROMIUM)) return null;
  const owner = await makeOwner(product);
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  try {
    const samples: { first: number; again: number }[] = [];
    for (let round = -1; round < times; round++) {
      const sample = await visitTwice(browser, { url: product.url, owner });
      if (round >= 0) samples.push(sample);
    }
    return {
      first: timesOf(samples.map(({ first }) => first)),
      again: timesOf(samples.map(({ again }) => again)),
    };
  } finally {
    await browser.close();
  }
}

async function visitTwice(
  browser: Browser,
  { url, owner }: { url: string; owner: Owner },
): Promise<{ first: number; again: number }> {
  const context = await browser.newContext({ baseURL: url });
  const signedIn = await context.request.post('/api/auth/login', { data: owner });
  if (!signedIn.ok()) throw new Error(`login: ${signedIn.status()}`);
  let shown = Promise.withResolvers<number>();
  await context.exposeFunction('figuresShown', (at: number) => shown.resolve(at));
  await context.addInitScript(WATCH);
  const page = await context.newPage();
  const visit = async (): Promise<number> => {
    shown = Promise.withResolvers();
    await page.goto('/dashboard', { waitUntil: 'commit' });
    const took = await shown.promise;
    await pause(REST_MS);
    return took;
  };
  const times = { first: await visit(), again: await visit() };
  await context.close();
  return times;
}

interface Owner {
  readonly email: string;
  readonly password: string;
}

async function makeOwner(product: Product): Promise<Owner> {
  const owner = { email: 'bench@example.org', password: randomBytes(12).toString('hex') };
  const post = async (path: string, body: object, headers: object = {}) => {
    const answer = await fetch(product.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  const { token } = await post('/api/invitations', { role: 'admin' }, product.admin);
  await post('/api/auth/register', { ...owner, invitation: token });
  return owner;
}
