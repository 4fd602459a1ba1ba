import { z } from 'zod';
import { email, newPassword, person, personName, role, signedIn } from './auth-api.ts';
import { call } from './call.ts';
import {
  count,
  cursor,
  day,
  decimalDollars,
  FORMATS,
  instant,
  pagination,
  username,
} from './fields.ts';

const linkToken = z.string().min(1).max(200);

export const invitationRequest = z.strictObject({ email: email.nullish(), role: role.nullish() });

export const openLink = z.object({
  url: z.string().meta({ description: 'A page of the web app; the token stands behind its #' }),
  token: z.string().meta({ description: 'For whoever has no browser. Shown here once' }),
  expires_at: instant,
});

export const passwordReset = z.strictObject({ token: linkToken, new_password: newPassword });

export const setUpRequest = z.strictObject({
  token: linkToken,
  email,
  password: newPassword,
  name: personName.nullish(),
});

export const nameOnly = z.strictObject({ username });

export const listedUser = person.extend({
  is_active: z.boolean(),
  has_password: z.boolean(),
  has_wallet: z.boolean(),
  is_prepaid: z.boolean(),
  balance_usd: decimalDollars,
  credits: z.number(),
  keys: count.meta({ description: 'Virtual keys that are not revoked' }),
  last_seen_at: instant.nullable(),
  spend_usd: decimalDollars.nullable().meta({
    description: 'The providers’ cost in the period that was asked for; null without one',
  }),
  requests: count.nullable().meta({ description: 'In the same period' }),
});

/** What the list of users can be put in order by. */
export const USER_ORDERS = ['name', 'created', 'keys', 'balance', 'spend', 'seen'] as const;
export type UserOrder = (typeof USER_ORDERS)[number];

const userOrder = z.enum(
  USER_ORDERS.flatMap((order) => [order, `-${order}`] as const) as [
    UserOrder,
    ...(UserOrder | `-${UserOrder}`)[],
  ],
);

export const userListQuery = z.strictObject({
  q: z.string().max(100).optional().meta({ description: 'An id, or a part of a name or e-mail' }),
  role: role.optional(),
  state: z.enum(['active', 'off']).optional(),
  sort: userOrder.default('created').meta({ description: 'With a minus: the largest first' }),
  start: day
    .optional()
    .meta({ description: 'First UTC day of what was spent; without it, nothing is said of that' }),
  end: day.optional().meta({ description: 'Last UTC day, included; by default today' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor,
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: every user of the filter as a file',
  }),
});

export const userList = z.object({
  data: z.array(listedUser),
  pagination,
});

export const userChange = z
  .strictObject({ role: role.optional(), is_active: z.boolean().optional() })
  .refine((given) => Object.keys(given).length > 0, { error: 'Give role or is_active.' });

const oneUser = z.object({ id: z.string().min(1).max(200) });

const tags = ['People'];

/** People in the operator's hands, and the links that let them in. */
export const PEOPLE_API = {
  setUp: call({
    method: 'POST',
    path: '/api/setup',
    who: 'anyone',
    summary: 'Become the first owner',
    description:
      'With the token of the set-up link that the first start prints. Makes an admin, or makes one of the account that has this e-mail and password. The link is dead afterwards.',
    tags,
    request: setUpRequest,
    status: 201,
    reply: signedIn,
    failures: [
      ...(['conflict', 'invalid_credentials', 'not_found', 'overloaded'] as const),
      ...(['rate_limited', 'storage_unavailable'] as const),
    ],
  }),
  resetPassword: call({
    method: 'POST',
    path: '/api/auth/reset',
    who: 'anyone',
    summary: 'Set a password by a link',
    description: 'All sessions of the account end; sign in with the new password.',
    tags,
    request: passwordReset,
    status: 204,
    failures: ['conflict', 'not_found', 'overloaded', 'rate_limited', 'storage_unavailable'],
  }),
  signInByName: call({
    method: 'POST',
    path: '/login',
    who: 'anyone',
    summary: 'Sign in by name alone',
    description:
      'Only where INTRANET_LOGIN is on. Sets the signed cookie proxy_username. Never opens an account that has a password.',
    tags,
    request: nameOnly,
    status: 200,
    reply: signedIn,
    failures: ['forbidden', 'switched_off', 'storage_unavailable'],
  }),
  invite: call({
    method: 'POST',
    path: '/api/invitations',
    who: 'operator',
    summary: 'Invite somebody',
    description: 'A link for one registration; with an e-mail it is for that address alone.',
    tags,
    request: invitationRequest.nullish(),
    status: 201,
    reply: openLink,
    failures: ['conflict', 'switched_off', 'storage_unavailable'],
  }),
  resetLink: call({
    method: 'POST',
    path: '/api/users/{id}/reset-link',
    who: 'operator',
    summary: 'Make a password-reset link',
    description: 'Also gives a first password to somebody who has none.',
    tags,
    params: oneUser,
    status: 201,
    reply: openLink,
    failures: ['not_found', 'storage_unavailable'],
  }),
  users: call({
    method: 'GET',
    path: '/api/users',
    who: 'operator',
    summary: 'Users',
    tags,
    query: userListQuery,
    status: 200,
    reply: userList,
    failures: ['storage_unavailable'],
  }),
  changeUser: call({
    method: 'PATCH',
    path: '/api/users/{id}',
    who: 'operator',
    summary: 'Change the role of a user, or switch them on or off',
    description: 'Whoever is switched off has no session, key or token any more.',
    tags,
    params: oneUser,
    request: userChange,
    status: 200,
    reply: listedUser,
    failures: ['conflict', 'not_found', 'storage_unavailable'],
  }),
  deleteUser: call({
    method: 'DELETE',
    path: '/api/users/{id}',
    who: 'operator',
    summary: 'Delete a user',
    description:
      'For good: secrets and personal data are destroyed, figures and the ledger stay under a pseudonym. Not the only admin, and not oneself: that asks for the password (DELETE /api/auth/me).',
    tags,
    params: oneUser,
    status: 204,
    failures: ['conflict', 'not_found', 'storage_unavailable'],
  }),
};
