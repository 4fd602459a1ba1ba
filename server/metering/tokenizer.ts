import { Worker } from 'node:worker_threads';
import { estimateText } from './estimate.ts';
import type { CountResult, CountTask } from './token-counter.ts';

/** Counts tokens by the o200k_base vocabulary, off the main thread. */
export interface TokenCounter {
  /**
   * Exact up to the error of slicing (about 0.2 %) for the first two million characters; the rest is
   * extrapolated from them. Where the thread is broken, overloaded or closed, a guess from the characters.
   * Never rejects.
   *
   * @param text one text, or several that are counted apart and summed
   */
  count(text: string | readonly string[]): Promise<number>;
  /** Ends the thread. Counts under way are answered by a guess. */
  close(): Promise<void>;
}

export interface TokenCounterOptions {
  /** The module that runs in the thread. */
  readonly thread?: URL;
}

const CHARACTERS_MAX = 2_000_000;
/** Each task is bounded in time, so this bounds the wait; beyond it a guess is better than a queue. */
const WAITING_MAX = 32;
/** A thread that dies this often will not do better next time. */
const FAILURES_MAX = 3;

interface Waiting {
  readonly texts: readonly string[];
  readonly resolve: (tokens: number) => void;
}

/** The thread starts with the first count and keeps no process alive while it has nothing to do. */
export function createTokenCounter(options: TokenCounterOptions = {}): TokenCounter {
  const entry = options.thread ?? new URL('./token-counter.ts', import.meta.url);
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let failures = 0;
  let closed = false;
  let nextId = 0;

  function answer(result: CountResult): void {
    const asked = waiting.get(result.id);
    if (asked === undefined) return;
    waiting.delete(result.id);
    if (waiting.size === 0) worker?.unref();
    asked.resolve(extrapolate(result, asked.texts));
  }

  function giveUp(): void {
    worker = null;
    for (const { texts, resolve } of waiting.values()) resolve(guess(texts));
    waiting.clear();
  }

  function start(): Worker {
    // Neither the environment, which may hold secrets, nor the process's own flags are this thread's business.
    const started = new Worker(entry, { name: 'token-counter', env: {}, execArgv: [] });
    started.on('message', answer);
    started.on('error', () => {
      failures++;
    });
    started.on('exit', () => {
      if (worker === started) giveUp();
    });
    return started;
  }

  return {
    count(text) {
      const texts = typeof text === 'string' ? [text] : text;
      if (closed || failures >= FAILURES_MAX || waiting.size >= WAITING_MAX) {
        return Promise.resolve(guess(texts));
      }
      worker ??= start();
      const task: CountTask = { id: nextId++, texts: firstCharacters(texts) };
      return new Promise((resolve) => {
        waiting.set(task.id, { texts, resolve });
        worker?.ref();
        worker?.postMessage(task);
      });
    },
    async close() {
      closed = true;
      const ending = worker;
      giveUp();
      await ending?.terminate();
    },
  };
}

function guess(texts: readonly string[]): number {
  let tokens = 0;
  for (const text of texts) tokens += estimateText(text);
  return tokens;
}

/** The texts up to the cap, the one that crosses it cut. */
function firstCharacters(texts: readonly string[]): readonly string[] {
  if (charactersOf(texts) <= CHARACTERS_MAX) return texts;
  const kept: string[] = [];
  let room = CHARACTERS_MAX;
  for (const text of texts) {
    if (room === 0) break;
    const head = text.slice(0, room);
    kept.push(head);
    room -= head.length;
  }
  return kept;
}

function extrapolate(result: CountResult, texts: readonly string[]): number {
  const total = charactersOf(texts);
  if (result.characters >= total) return result.tokens;
  if (result.characters === 0) return guess(texts);
  return Math.ceil((result.tokens / result.characters) * total);
}

function charactersOf(texts: readonly string[]): number {
  let characters = 0;
  for (const text of texts) characters += text.length;
  return characters;
}
