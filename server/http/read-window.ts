/** So many calls in so many seconds, for each caller; the window opens with a caller's first call. */
import type { Clock } from '../clock.ts';

export interface ReadWindowSettings {
  readonly requests: number;
  readonly seconds: number;
}

export interface Counted {
  readonly allowed: boolean;
  readonly remaining: number;
  /** When the window begins anew. */
  readonly resetMs: number;
}

export interface ReadWindow {
  count(caller: string): Counted;
  /** The headers that tell a caller about it, after draft-ietf-httpapi-ratelimit-headers. */
  headers(counted: Counted): Readonly<Record<string, string>>;
}

export function createReadWindow(
  { requests, seconds }: ReadWindowSettings,
  clock: Pick<Clock, 'elapsed'>,
): ReadWindow {
  /** All windows are equally long, so the one that opened first is the first to close. */
  const windows = new Map<string, { closesAt: number; used: number }>();
  const dropClosed = (now: number): void => {
    for (const [caller, { closesAt }] of windows) {
      if (closesAt > now) return;
      windows.delete(caller);
    }
  };
  return {
    count(caller) {
      // Whole milliseconds, so that a window is not longer than it says by a rounding.
      const now = Math.floor(clock.elapsed());
      dropClosed(now);
      const window = windows.get(caller) ?? { closesAt: now + seconds * 1000, used: 0 };
      windows.set(caller, window);
      const allowed = window.used < requests;
      if (allowed) window.used++;
      return { allowed, remaining: requests - window.used, resetMs: window.closesAt - now };
    },
    headers({ remaining, resetMs }) {
      return {
        'ratelimit-policy': `"default";q=${requests};w=${seconds}`,
        ratelimit: `"default";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
      };
    },
  };
}
