/**
 * The only place that knows what time it is. Rooms take a Clock; tests hand in one that stands still.
 */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Milliseconds of a clock that never jumps, for durations. */
  elapsed(): number;
  /** Runs once after the delay; the timer keeps no process alive. Returns a way to call it off. */
  after(delayMs: number, run: () => void): () => void;
  /** Runs again and again; the timer keeps no process alive. Returns a way to call it off. */
  every(intervalMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** A day of UTC, which knows no leap seconds; a day of a time zone may be longer or shorter. */
export const DAY_MS = 24 * HOUR_MS;

/** An instant as RFC 3339 in UTC with `Z`. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The UTC day of an instant: `2026-11-20`. */
export function utcDay(epochMs: number): string {
  return isoTime(epochMs).slice(0, 10);
}
