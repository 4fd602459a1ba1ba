/** What the journeys of stored provider keys have in common: the product with a scripted provider, and people who call it. */
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN, startTollkeeper } from '../harness.ts';
import { call, type Reply } from './stage.ts';

export type Headers = Readonly<Record<string, string>>;

export const OPERATOR: Headers = { 'x-admin-token': ADMIN_TOKEN };
export const SECRET = 'sk-or-v1-0123456789abcdef0123456789abcdef';

export interface KeyStage extends AsyncDisposable {
  readonly url: string;
  readonly upstream: FakeUpstream;
  /** A call with a JSON body; by the operator unless said otherwise. */
  send(method: string, path: string, body?: unknown, who?: Headers): Promise<Reply>;
  /** Somebody new, with the header by which they are known. */
  member(): Promise<Headers>;
  /** The keys that somebody sees. */
  list(who: Headers): Promise<Record<string, unknown>[]>;
}

export async function openKeyStage(): Promise<KeyStage> {
  const upstream = await startFakeUpstream();
  const tollkeeper = await startTollkeeper({
    settings: {
      OPENROUTER_API_URL: upstream.url,
      DEEPSEEK_API_KEY: 'sk-of-the-environment-0123456789',
      DEEPSEEK_API_URL: upstream.url,
      MAX_API_KEYS_PER_USER: '4',
      ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    },
  });
  let numbered = 0;
  const send: KeyStage['send'] = (method, path, body, who = OPERATOR) =>
    call(tollkeeper.url + path, {
      method,
      headers: { ...who, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    url: tollkeeper.url,
    upstream,
    send,
    async member() {
      numbered += 1;
      const account = { email: `member${numbered}@example.com`, password: 'correct horse battery' };
      const { body } = await send('POST', '/api/auth/register', account, {});
      return { authorization: `Bearer ${body['access_token']}` };
    },
    async list(who) {
      const { body } = await send('GET', '/api/keys', undefined, who);
      return body['data'] as Record<string, unknown>[];
    },
    async [Symbol.asyncDispose]() {
      await tollkeeper.close();
      await upstream.close();
    },
  };
}
