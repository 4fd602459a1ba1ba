/**
 * The sums of the usage records, kept in the thread that writes: what all new records of a transaction add to each
 * hour and day is added up here and written once for each sum, just before the transaction ends. So the sums stand
 * or fall with the records, a record that was already there adds nothing, and a crowd of records costs as much as one.
 */

import { HOUR_MS } from '../clock.ts';
import type { Derivation, OpenTransaction } from '../storage/storage.ts';
import {
  CUTS,
  type Dimensions,
  dimensionNames,
  MEASURES,
  type Measures,
  measuresOf,
  placeOf,
  type RecordValue,
} from './roll-up.ts';

/** What one transaction adds to one row of a table: its bucket, cut and cell. */
interface Sum {
  readonly at: readonly [number, number, number];
  readonly amounts: Measures;
}

/** What one transaction adds to one full set of names in one hour. */
interface Addition {
  readonly hour: number;
  readonly names: Dimensions;
  readonly amounts: Measures;
}

const columns = ['bucket', 'cut', 'cell', ...MEASURES];

const addTo = (table: string): string => `
  insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
  on conflict (bucket, cut, cell) do update set
  ${MEASURES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;

const TABLES = [
  { add: addTo('usage_hourly'), hours: 1 },
  { add: addTo('usage_daily'), hours: 24 },
] as const;

const NAME_CELL = `
  insert into usage_cells (cut, ${dimensionNames.join(', ')}) values (?, ?, ?, ?, ?, ?)
  on conflict do nothing`;
const FIND_CELL = `
  select id from usage_cells where cut = ? and ${dimensionNames.map((name) => `${name} = ?`).join(' and ')}`;

/** Beyond this many names the ones least recently made known are looked up again. */
const KNOWN_CELLS_MAX = 50_000;

export function derivation(): Derivation {
  let additions = new Map<string, Addition>();
  const cells = new Map<string, number>();

  /** The number of a cell, which is made if nobody knows it. */
  function cellOf(transaction: OpenTransaction, cut: number, names: Dimensions): number {
    const name = `${cut}\n${names.join('\n')}`;
    const known = cells.get(name);
    if (known !== undefined) return known;
    const parameters = [cut, ...names];
    transaction.run(NAME_CELL, parameters);
    const id = Number(transaction.value(FIND_CELL, parameters));
    if (cells.size >= KNOWN_CELLS_MAX) cells.clear();
    cells.set(name, id);
    return id;
  }

  return {
    add(parameters) {
      const values = parameters as readonly RecordValue[];
      const { hour, names } = placeOf(values);
      const name = `${hour}\n${names.join('\n')}`;
      const known = additions.get(name);
      if (known === undefined) additions.set(name, { hour, names, amounts: measuresOf(values) });
      else addUp(known.amounts, measuresOf(values));
    },

    flush(transaction) {
      if (additions.size === 0) return null;
      for (const { add, hours } of TABLES) {
        const sums = new Map<string, Sum>();
        for (const { hour, names, amounts } of additions.values()) {
          const bucket = Math.floor(hour / hours);
          for (const { cut, narrow } of CUTS) {
            const cell = cellOf(transaction, cut, narrow(names));
            const name = `${bucket} ${cell}`;
            const known = sums.get(name);
            if (known === undefined)
              sums.set(name, { at: [bucket, cut, cell], amounts: [...amounts] });
            else addUp(known.amounts, amounts);
          }
        }
        for (const { at, amounts } of sums.values()) transaction.run(add, [...at, ...amounts]);
      }
      const oldest = Math.min(...[...additions.values()].map(({ hour }) => hour));
      additions = new Map();
      return oldest * HOUR_MS;
    },

    forget() {
      additions = new Map();
      // Some may have been made in what was undone.
      cells.clear();
    },
  };
}

function addUp(sum: Measures, amounts: readonly number[]): void {
  for (let index = 0; index < sum.length; index += 1)
    sum[index] = (sum[index] ?? 0) + (amounts[index] ?? 0);
}
