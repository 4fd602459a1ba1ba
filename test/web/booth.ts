/**
 * A browser with one address for one server after the other. An app that comes from another address, or in a browser
 * that was just started, is fetched and compiled anew, which was most of the work of these tests.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The browser without a window of its own does the same with a quarter less work. */
const BINARIES = [
  process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
];

/** Where the browser of the tests lies; undefined: there is none. */
export const CHROMIUM = BINARIES.find((path) => existsSync(path));

/**
 * Leaves out a graphics card made of software, and the compilers for code that runs for long, which are seldom done when
 * a page is left: the work of these tests is the processor's.
 */
const THRIFTY = ['--disable-gpu', '--js-flags=--no-turbofan,--no-maglev'];

/** Where the next stand of the same process may follow at once, which it does within this time. */
const KEPT_MS = 1_000;

export interface Booth {
  readonly browser: Browser;
  /** `http://127.0.0.1:port`, the same for every server. */
  readonly url: string;
  /** Puts a server behind the address. */
  serve(url: string): void;
  /** A page of a browser in which nobody was. */
  enter(): Promise<Page>;
  /** Forgets everything of a page that was entered. */
  leave(page: Page): Promise<void>;
  /** Takes the server away again, and lets the next stand have the booth. */
  giveBack(): Promise<void>;
}

const kept: Booth[] = [];

export async function takeBooth(): Promise<Booth> {
  return kept.pop() ?? (await openBooth());
}

async function openBooth(): Promise<Booth> {
  const front = await openFront();
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: THRIFTY });
  const entered = new Set<Page>();
  /** What these compiled of the app is still there. */
  const idle: Page[] = [];
  const leave = async (page: Page): Promise<void> => {
    entered.delete(page);
    await forget(page);
    idle.push(page);
  };
  const booth: Booth = {
    browser,
    url: front.url,
    serve: front.serve,
    async enter() {
      const page = idle.pop() ?? (await newPage(browser, front.url));
      entered.add(page);
      return page;
    },
    leave,
    async giveBack() {
      for (const page of entered) {
        // A page in no state to be used again: what went wrong with it, its test says.
        await leave(page).catch(() => page.context().close());
      }
      front.serve(null);
      kept.push(booth);
      setTimeout(closeUnlessTaken, KEPT_MS);
    },
  };
  const closeUnlessTaken = async (): Promise<void> => {
    const at = kept.indexOf(booth);
    if (at < 0) return;
    kept.splice(at, 1);
    await browser.close();
    front.close();
  };
  return booth;
}

async function newPage(browser: Browser, baseURL: string): Promise<Page> {
  const context = await browser.newContext({ baseURL, locale: 'en-US' });
  return context.newPage();
}

/** Leaves the page as a new browser has it: signed out, with nothing stored and nobody who listens. */
async function forget(page: Page): Promise<void> {
  page.removeAllListeners();
  // A page that asks whether its work may be lost is left all the same.
  page.once('dialog', (dialog) => void dialog.accept());
  // A page that was never opened has no storage.
  if (page.url() !== 'about:blank') {
    await page.evaluate('localStorage.clear(); sessionStorage.clear()');
    await page.goto('about:blank');
  }
  page.removeAllListeners();
  await page.context().clearPermissions();
  await page.context().clearCookies();
}

interface Front {
  readonly url: string;
  serve(url: string | null): void;
  close(): void;
}

/** Hands on every connection, byte for byte, to the server that is behind it now. */
async function openFront(): Promise<Front> {
  let port: number | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((caller) => {
    if (port === null) return void caller.destroy();
    const called = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [caller, called],
      [called, caller],
    ] as const) {
      sockets.add(one);
      // Whichever side breaks off, the other hears of it by its end.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(url) {
      for (const socket of sockets) socket.destroy();
      port = url === null ? null : Number(new URL(url).port);
    },
    close: () => void server.close(),
  };
}
