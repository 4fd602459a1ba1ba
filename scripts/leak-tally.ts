/**
 * What the processes of a test run looked for and where, added up over the run. Each writes a line at its end; without
 * a sum, a run in which nothing was looked at any more would be as green as one in which nothing was found.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export interface Tally {
  readonly secrets: number;
  readonly databases: number;
  readonly logs: number;
  readonly answers: number;
  /** One sentence for each place in which a secret stood. They do not hold it. */
  readonly leaks: readonly string[];
}

/** The variable that names the file of the run to its processes. */
export const TALLY_FILE = 'LEAK_TALLY_FILE';

/** Where nobody adds up, such as in a test that was started without the test command, nothing is written. */
export function addToTally(tally: Tally): void {
  const file = process.env[TALLY_FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(tally)}\n`);
}

export function readTally(file: string): Tally {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const tallies = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Tally);
  const sum = (of: (tally: Tally) => number) =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    secrets: sum(({ secrets }) => secrets),
    databases: sum(({ databases }) => databases),
    logs: sum(({ logs }) => logs),
    answers: sum(({ answers }) => answers),
    leaks: tallies.flatMap(({ leaks }) => leaks),
  };
}

export function sentenceOn({ secrets, databases, logs, answers, leaks }: Tally): string {
  const looked = `Looked for ${secrets} secrets in ${databases} databases, ${logs} logs and ${answers} answers`;
  return leaks.length === 0
    ? `${looked}: none found.`
    : `${looked}: ${leaks.length} found.\n${leaks.map((leak) => `  ${leak}`).join('\n')}`;
}
