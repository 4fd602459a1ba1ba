import type { Clock } from './clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved, with timers that go off when it passes them. */
export class HandClock implements Clock {
  #wall: number;
  #elapsed = 0;
  #timers: Timer[] = [];

  constructor(start = '1970-01-01T00:00:00Z') {
    this.#wall = Date.parse(start);
  }

  now(): number {
    return this.#wall;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#elapsed + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  every(): () => void {
    throw new Error('this clock repeats nothing');
  }

  /** Lets time pass; what falls due on the way goes off in order. */
  pass(ms: number): void {
    const end = this.#elapsed + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#advance(next.at);
      next.run();
    }
    this.#advance(end);
  }

  /** Sets the wall forward or back without any time passing. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  setTo(instant: string): void {
    this.#wall = Date.parse(instant);
  }

  #advance(to: number): void {
    if (to <= this.#elapsed) return;
    this.#wall += to - this.#elapsed;
    this.#elapsed = to;
  }
}
