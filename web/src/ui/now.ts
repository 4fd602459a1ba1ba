import { useSyncExternalStore } from 'react';

/** What is said by the second is so for less than a minute; a sixth of that late is soon enough. */
const STEP_MS = 10_000;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function step(): void {
  // Nobody looks; whoever comes back is told at once.
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    timer = setInterval(step, STEP_MS);
    document.addEventListener('visibilitychange', step);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', step);
  };
}

/** The time now, and again every few seconds: how long ago something was is told anew while a page stands open. */
export function useNow(): number {
  useSyncExternalStore(listen, () => now);
  return Date.now();
}
