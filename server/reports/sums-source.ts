/**
 * Where sums are read. Those of hours and days that have ended stand still, so what was read of them is kept in memory until
 * something is recorded in them after all: a stream that began before midnight, or what a crash left open. What still
 * goes on is read anew each time. So a question about a year costs little more than one about its last day, and is as exact.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Clock, HOUR_MS } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import type { Rows } from './span.ts';

export interface SumsSource {
  /** For everything that is no sum. */
  readonly db: Storage['db'];
  /** What has ended of these buckets, and what goes on: of each that there is something of, in this order. */
  partsOf(table: Rows['table'], buckets: readonly (readonly number[])[]): readonly Part[];
  /** Asks about the rows of a part, given as a JSON array of arrays of their numbers. */
  ask<Found>(part: Part, question: SumsQuestion<Found>): Promise<Found>;
}

/** Buckets of one table, by their numbers; those of another part are left out. */
export interface Part {
  readonly table: Rows['table'];
  readonly buckets: readonly (readonly number[])[];
  /** What has ended stands still. */
  readonly hasEnded: boolean;
}

/** As an array, because the names of 31 columns are far longer than what stands in them. */
export type SumsRow = readonly (number | string)[];

export interface SumsQuestion<Found> {
  /** Answers one column, `row`: a {@link SumsRow} in JSON. */
  readonly query: RawBuilder<{ readonly row: string }>;
  /** What is made of the rows; it is kept in their place, and never changed. The text of the query says all about it. */
  readonly made: (rows: readonly SumsRow[]) => Found;
}

/** Both as one statement, so that they tell of the same moment. */
export function together<A, B>(a: SumsQuestion<A>, b: SumsQuestion<B>): SumsQuestion<[A, B]> {
  return {
    query: sql`
      select json_array(0, json(row)) as row from (${a.query})
      union all select json_array(1, json(row)) as row from (${b.query})`,
    made(rows) {
      const { 0: ofA = [], 1: ofB = [] } = Object.groupBy(
        rows as unknown as readonly (readonly [0 | 1, SumsRow])[],
        ([which]) => which,
      );
      return [a.made(ofA.map(([, row]) => row)), b.made(ofB.map(([, row]) => row))];
    },
  };
}

export interface SumsSourceDeps {
  readonly storage: Pick<Storage, 'questions' | 'onDerived'>;
  readonly clock: Pick<Clock, 'now'>;
}

const LENGTH_MS = { usage_hourly: HOUR_MS, usage_daily: 24 * HOUR_MS } as const;
/** Requests that began in a bucket may end a while after it; what is kept of it before that would soon be forgotten. */
const SETTLED_MS = 300_000;
/** Rows that are kept, of all answers together: some tens of megabytes. */
const ROWS_MAX = 100_000;
/** The text of a question weighs as a row for each so many letters: one that found nothing is kept, too, and may name anything. */
const LETTERS_A_ROW = 256;

/** What was made of so many rows. */
interface Made {
  readonly found: unknown;
  readonly rows: number;
}

interface Answer {
  /** Beyond the last bucket that it speaks of. */
  readonly end: number;
  readonly made: Promise<Made>;
  /** In rows: those that it was made of, and its question; 0 while they are read. */
  weight: number;
}

/** Answers by their question; those that were asked for last come last. */
class Answers {
  readonly #answers = new Map<string, Answer>();
  #weight = 0;

  /** What was answered before, or else what `ask` finds. */
  of(key: string, end: number, ask: () => Promise<Made>): Promise<Made> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known.made;
    }
    const answer: Answer = { end, made: ask(), weight: 0 };
    this.#answers.set(key, answer);
    answer.made.then(
      ({ rows }) => this.#keep(key, answer, rows),
      () => this.#forget(key, answer),
    );
    return answer.made;
  }

  /** Something was recorded at that instant or later. */
  forgetSince(since: number): void {
    for (const [key, answer] of this.#answers) if (answer.end > since) this.#forget(key, answer);
  }

  #keep(key: string, answer: Answer, rows: number): void {
    if (this.#answers.get(key) !== answer) return;
    answer.weight = rows + Math.ceil(key.length / LETTERS_A_ROW);
    this.#weight += answer.weight;
    for (const [oldest, other] of this.#answers) {
      if (this.#weight <= ROWS_MAX) break;
      this.#forget(oldest, other);
    }
  }

  #forget(key: string, answer: Answer): void {
    if (this.#answers.get(key) !== answer) return;
    this.#weight -= answer.weight;
    this.#answers.delete(key);
  }
}

export function createSumsSource({ storage, clock }: SumsSourceDeps): SumsSource {
  const db = storage.questions;
  const answers = new Answers();
  storage.onDerived((since) => answers.forgetSince(since));

  return {
    db,
    partsOf(table, buckets) {
      /** The first bucket that counts as going on. */
      const present = Math.floor((clock.now() - SETTLED_MS) / LENGTH_MS[table]);
      const part = (hasEnded: boolean): Part => ({
        ...{ table, hasEnded },
        buckets: buckets.map((numbers) =>
          numbers.filter((number) => number < present === hasEnded),
        ),
      });
      return [part(true), part(false)].filter((one) =>
        one.buckets.some(({ length }) => length > 0),
      );
    },
    async ask<Found>({ table, buckets, hasEnded }: Part, of: SumsQuestion<Found>) {
      const query = of.query.compile(db);
      const read = async () => {
        const { rows } = await db.executeQuery(query);
        const text = rows.map(({ row }) => row).join(',');
        return { found: of.made(JSON.parse(`[${text}]`) as SumsRow[]), rows: rows.length };
      };
      if (!hasEnded) return (await read()).found;
      const last = buckets.flat().reduce((last, number) => Math.max(last, number), 0);
      const key = `${query.sql}\n${JSON.stringify(query.parameters)}`;
      const { found } = await answers.of(key, (last + 1) * LENGTH_MS[table], read);
      // The same text was asked by the same code, which makes the same of its rows.
      return found as Found;
    },
  };
}
