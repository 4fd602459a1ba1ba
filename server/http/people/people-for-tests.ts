/** People at the edge of a test: they register as anybody does, and their credentials come back. */
import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { TestEdge } from '../edge-for-tests.ts';

export type Headers = Readonly<Record<string, string>>;

export const PASSWORD = 'correct horse battery';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly cookie: { readonly cookie: string };
  readonly jwt: { readonly authorization: string };
}

/** Calls of one edge. */
export function speakTo(edge: TestEdge) {
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE') => {
    return (url: string, payload?: object | null, headers: Headers = {}) =>
      edge.http.instance.inject({
        method,
        url,
        headers,
        ...(payload !== undefined && payload !== null && { payload }),
      });
  };
  return {
    get: (url: string, headers: Headers = {}) => call('GET')(url, null, headers),
    post: call('POST'),
    patch: call('PATCH'),
    remove: call('DELETE'),
  };
}

let people = 0;

/** A new member. */
export async function register(edge: TestEdge): Promise<Person> {
  const email = `person-${++people}@example.org`;
  const reply = await speakTo(edge).post('/api/auth/register', { email, password: PASSWORD });
  assert.equal(reply.statusCode, 201, reply.body);
  return { email, ...credentialsOf(reply) };
}

/** What a reply gave to somebody who came in. */
export function credentialsOf(reply: LightMyRequestResponse): Omit<Person, 'email'> {
  const cookie = String(reply.headers['set-cookie']).split(';', 1)[0] ?? '';
  return {
    id: String(reply.json().user.id),
    cookie: { cookie },
    jwt: { authorization: `Bearer ${reply.json().access_token}` },
  };
}
