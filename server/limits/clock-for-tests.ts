import type { Clock } from '../clock.ts';

/** A clock that stands still until it is moved. It has no timers, because nothing in this room waits. */
export class HandClock implements Clock {
  #wall: number;
  #elapsed = 0;

  constructor(start: string) {
    this.#wall = Date.parse(start);
  }

  now(): number {
    return this.#wall;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Lets time pass on the wall and on the clock that never jumps. */
  pass(ms: number): void {
    this.#wall += ms;
    this.#elapsed += ms;
  }

  /** Sets the wall forward or back without any time passing. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  setTo(instant: string): void {
    this.#wall = Date.parse(instant);
  }

  after(): () => void {
    throw new Error('this clock has no timers');
  }

  every(): () => void {
    throw new Error('this clock has no timers');
  }
}
