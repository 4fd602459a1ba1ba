/**
 * Where sums are read. Those of hours and days that have ended stand still, so what was read of them is kept in memory until
 * something is recorded in them after all: a stream that began before midnight, or what a crash left open. What still
 * goes on is read anew each time. So a question about a year costs little more than one about its last day, and is as exact.
 */
import type { RawBuilder } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import type { Rows } from './span.ts';

export interface SumsSource {
  /** For everything that is no sum. */
  readonly db: Storage['db'];
  /**
   * Asks about the rows of these buckets, given as a JSON array of arrays of their numbers. What has ended and what goes
   * on are asked about apart, with the others left out, so that one row may come in two parts.
   */
  read<Row, Found>(
    table: Rows['table'],
    buckets: readonly (readonly number[])[],
    ask: (numbers: string) => SumsQuestion<Row, Found>,
  ): Promise<readonly Found[]>;
}

export interface SumsQuestion<Row, Found> {
  readonly query: RawBuilder<Row>;
  /** What is made of a row; it is kept in place of the row, and never changed. The text of the query says all about it. */
  readonly made: (row: Row) => Found;
}

export interface SumsSourceDeps {
  readonly storage: Pick<Storage, 'questions' | 'onDerived'>;
  readonly clock: Pick<Clock, 'now'>;
}

const HOUR_MS = 3_600_000;
const LENGTH_MS = { usage_hourly: HOUR_MS, usage_daily: 24 * HOUR_MS } as const;
/** Requests that began in a bucket may end a while after it; what is kept of it before that would soon be forgotten. */
const SETTLED_MS = 300_000;
/** Rows that are kept, of all answers together: some tens of megabytes. */
const ROWS_MOST = 100_000;

interface Answer {
  /** Beyond the last bucket that it speaks of. */
  readonly end: number;
  readonly found: Promise<readonly unknown[]>;
  /** How many rows it holds; 0 while they are read. */
  rows: number;
}

/** Answers by their question; those that were asked for last come last. */
class Answers {
  readonly #answers = new Map<string, Answer>();
  #rows = 0;

  /** What was answered before, or else what `ask` finds. */
  of(key: string, end: number, ask: () => Promise<readonly unknown[]>): Answer['found'] {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known.found;
    }
    const answer: Answer = { end, found: ask(), rows: 0 };
    this.#answers.set(key, answer);
    answer.found.then(
      ({ length }) => this.#keep(key, answer, length),
      () => this.#forget(key, answer),
    );
    return answer.found;
  }

  /** Something was recorded at that instant or later. */
  forgetSince(since: number): void {
    for (const [key, answer] of this.#answers) if (answer.end > since) this.#forget(key, answer);
  }

  #keep(key: string, answer: Answer, rows: number): void {
    if (this.#answers.get(key) !== answer) return;
    answer.rows = rows;
    this.#rows += rows;
    for (const [oldest, other] of this.#answers) {
      if (this.#rows <= ROWS_MOST) break;
      this.#forget(oldest, other);
    }
  }

  #forget(key: string, answer: Answer): void {
    if (this.#answers.get(key) !== answer) return;
    this.#rows -= answer.rows;
    this.#answers.delete(key);
  }
}

export function createSumsSource({ storage, clock }: SumsSourceDeps): SumsSource {
  const db = storage.questions;
  const answers = new Answers();
  storage.onDerived((since) => answers.forgetSince(since));

  async function ask<Row, Found>(of: SumsQuestion<Row, Found>): Promise<readonly Found[]> {
    const { rows } = await of.query.execute(db);
    return rows.map(of.made);
  }

  function remembered<Row, Found>(
    of: SumsQuestion<Row, Found>,
    end: number,
  ): Promise<readonly Found[]> {
    const { sql, parameters } = of.query.compile(db);
    const key = `${sql}\n${JSON.stringify(parameters)}`;
    // The same text was asked by the same code, which makes the same of its rows.
    return answers.of(key, end, () => ask(of)) as Promise<readonly Found[]>;
  }

  return {
    db,
    async read<Row, Found>(
      table: Rows['table'],
      buckets: readonly (readonly number[])[],
      ofNumbers: (numbers: string) => SumsQuestion<Row, Found>,
    ) {
      const length = LENGTH_MS[table];
      /** The first bucket that counts as going on. */
      const present = Math.floor((clock.now() - SETTLED_MS) / length);
      const part = (isIn: (number: number) => boolean): readonly (readonly number[])[] =>
        buckets.map((numbers) => numbers.filter(isIn));
      const past = part((number) => number < present);
      const rest = part((number) => number >= present);
      const isAsked = (numbers: typeof past): boolean => numbers.some(({ length }) => length > 0);
      const end = past.flat().reduce((last, number) => Math.max(last, number + 1), 0) * length;
      const found = await Promise.all([
        isAsked(past) ? remembered(ofNumbers(JSON.stringify(past)), end) : [],
        isAsked(rest) ? ask(ofNumbers(JSON.stringify(rest))) : [],
      ]);
      return found.flat();
    },
  };
}
