/**
 * A call of the gateway from the page that has just shown a secret. It goes with that secret and without the session,
 * as any program would make it; the secret lives in the memory of the page and nowhere else.
 */
import { GATEWAY_API } from '../../../contract/api/gateway-api.ts';

/** What a model is not that answers questions. */
const NO_CHAT =
  /embed|tts|whisper|transcri|speech|audio|image|dall|moderation|rerank|realtime|video|sora/i;
/** What small and cheap models are called. */
const SMALL = /mini|nano|small|lite|flash|haiku/i;
const QUESTION = 'Say hello.';

export interface TestAnswer {
  readonly status: number;
  readonly requestId: string;
  readonly durationMs: number;
  /** As the answer states them; null if it does not. */
  readonly tokens: { readonly input: number; readonly output: number } | null;
  /** What the model said, or why it did not. */
  readonly text: string;
}

/** A model for the first call: one that the key names, else a small one that answers questions. */
export function likelyModel(known: readonly string[], allowed: readonly string[] | null): string {
  const exact = allowed?.find((name) => !name.endsWith('*'));
  if (exact !== undefined) return exact;
  const able = known.filter((name) => !NO_CHAT.test(name) && isAllowed(name, allowed));
  return able.find((name) => SMALL.test(name)) ?? able[0] ?? 'gpt-4o-mini';
}

export function isAllowed(name: string, allowed: readonly string[] | null): boolean {
  if (allowed === null) return true;
  return allowed.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

/** One small question. A refusal is an answer too. @throws TypeError if the server cannot be reached */
export async function askOnce(secret: string, model: string): Promise<TestAnswer> {
  const startedAt = performance.now();
  const messages = [{ role: 'user', content: QUESTION }];
  const answer = await fetch(GATEWAY_API['chatCompletions']?.path ?? '', {
    method: 'POST',
    credentials: 'omit',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages }),
  });
  const said = (await answer.json().catch(() => ({}))) as Said;
  const { prompt_tokens: input, completion_tokens: output } = said.usage ?? {};
  return {
    status: answer.status,
    requestId: answer.headers.get('x-request-id') ?? '',
    durationMs: performance.now() - startedAt,
    tokens: input === undefined || output === undefined ? null : { input, output },
    text: said.error?.message ?? said.choices?.[0]?.message?.content ?? '',
  };
}

/** What is read of an answer; a provider may say anything. */
interface Said {
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
  readonly choices?: readonly { readonly message?: { readonly content?: string | null } }[];
  readonly error?: { readonly message?: string };
}
