/** What an account holds that the demo meets for the first time: any key that a visitor types in has one. */
import { createHash } from 'node:crypto';
import { DAY_MS, utcDay } from '../clock.ts';
import { createChance } from './chance.ts';
import type { AccountFacts, UsedLine } from './scripted-account.ts';

const DAYS = 30;

/** Shares of what is spent. */
const MODELS = { 'scripted-large': 0.7, 'scripted-small': 0.3 };

/**
 * The same key has the same account at each start. A visitor who wants to see a refusal puts "wrong" or "revoked"
 * into the key, and "admin" or "management" for one that reads the account.
 */
export function newcomer(secret: string, now: number): AccountFacts {
  const seed = createHash('sha256').update(secret).digest().readUInt32BE();
  const chance = createChance(seed);
  const perDay = chance.between(0.2, 2.5) * 1e9;
  const lines = new Map<string, UsedLine>();
  for (let back = DAYS; back >= 0; back--) {
    const date = utcDay(now - back * DAY_MS);
    for (const [model, share] of Object.entries(MODELS)) {
      const cost = Math.round(perDay * share * chance.between(0.5, 1.5));
      const tokens = Math.round(cost / 2_000);
      const requests = 1 + Math.floor(tokens / 3_000);
      const split = {
        inputTokens: Math.round(tokens * 0.8),
        outputTokens: Math.round(tokens * 0.2),
      };
      lines.set(`${date} ${model}`, { date, model, requests, ...split, cost });
    }
  }
  const used = [...lines.values()].reduce((total, { cost }) => total + cost, 0);
  return {
    kind: /admin|management/i.test(secret) ? 'management' : 'ordinary',
    isActive: !/wrong|revoked/i.test(secret),
    balance: Math.round(perDay * chance.between(0.5, 40)),
    used,
    limit: used + Math.round(perDay * chance.between(1, 30)),
    lines,
  };
}
