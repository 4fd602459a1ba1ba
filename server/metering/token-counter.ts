/**
 * The thread that counts tokens exactly. It exists because a tokenizer takes 150 ms to load, and because hostile
 * text can keep it busy for seconds: neither may happen on the thread that answers requests.
 */
import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { systemClock } from '../clock.ts';

/** A piece of work: texts to count, each on its own. */
export interface CountTask {
  readonly id: number;
  readonly texts: readonly string[];
}

/** What was counted; `characters` is less than what was sent where the time ran out. */
export interface CountResult {
  readonly id: number;
  readonly tokens: number;
  readonly characters: number;
}

/** Byte-pair merging is quadratic in a run without breaks, so no run may be longer. Costs about 0.2 % accuracy. */
const SLICE_CHARACTERS = 2_048;

/** After this long the rest is left to extrapolation, so that one hostile text cannot hold up the others. */
const TASK_BUDGET_MS = 250;

/** Text that spells a special token, such as `<|endoftext|>`, is text like any other. */
const OPTIONS = { disallowedSpecial: new Set<string>() };

function run(task: CountTask): CountResult {
  const started = systemClock.elapsed();
  let tokens = 0;
  let characters = 0;
  let previous = '';
  let previousTokens = 0;
  for (const text of task.texts) {
    for (let at = 0; at < text.length; ) {
      const end = endOfSlice(text, at);
      const slice = text.slice(at, end);
      // Endless repetition is the cheapest attack on a tokenizer, and the cheapest to answer.
      if (slice !== previous) {
        if (systemClock.elapsed() - started > TASK_BUDGET_MS)
          return { id: task.id, tokens, characters };
        previousTokens = countTokens(slice, OPTIONS);
        previous = slice;
      }
      tokens += previousTokens;
      characters += end - at;
      at = end;
    }
  }
  return { id: task.id, tokens, characters };
}

/** Never between the two halves of one character. */
function endOfSlice(text: string, start: number): number {
  const end = Math.min(start + SLICE_CHARACTERS, text.length);
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last < 0xdc00 ? end - 1 : end;
}

parentPort?.on('message', (task: CountTask) => parentPort?.postMessage(run(task)));
