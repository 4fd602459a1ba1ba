/** When has a page everything that it wants? Silence for half a second says so too, and is half of a test's time. */
import type { Page, Request } from 'playwright-core';

/** Nothing that a page fetches takes this long; what does is told by its address. */
const LATE_MS = 30_000;

/** True when the page has drawn what it had to draw and has time for what can wait. */
const IS_AT_REST = `new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(() => done(true)))),
)`;

/**
 * Does something to a page and waits until it has all that this led to: nothing is under way, and while what came was
 * drawn, nothing more was asked for.
 *
 * @throws Error if something does not come
 */
export async function settled(page: Page, act: () => Promise<unknown>): Promise<void> {
  const traffic = watchTraffic(page);
  try {
    await act();
    let seen: number;
    do {
      seen = traffic.asked();
      await traffic.allCame();
      // It waits for the next document, should the page lead on to one.
      await page.waitForFunction(IS_AT_REST);
    } while (seen !== traffic.asked());
  } finally {
    traffic.end();
  }
}

function watchTraffic(page: Page) {
  const underWay = new Set<Request>();
  let asked = 0;
  let tell = (): void => undefined;
  const onRequest = (request: Request): void => {
    asked++;
    underWay.add(request);
  };
  const onEnd = (request: Request): void => {
    underWay.delete(request);
    if (underWay.size === 0) tell();
  };
  page.on('request', onRequest).on('requestfinished', onEnd).on('requestfailed', onEnd);
  return {
    /** How many requests there were. */
    asked: () => asked,
    async allCame(): Promise<void> {
      if (underWay.size === 0) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      tell = resolve;
      const timer = setTimeout(() => {
        reject(new Error(`still under way: ${[...underWay].map((one) => one.url()).join(' ')}`));
      }, LATE_MS);
      await promise.finally(() => clearTimeout(timer));
    },
    end(): void {
      page.off('request', onRequest).off('requestfinished', onEnd).off('requestfailed', onEnd);
    },
  };
}
