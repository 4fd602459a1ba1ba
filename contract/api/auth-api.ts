import { z } from 'zod';
import { call } from './call.ts';
import { instant, oneLine } from './fields.ts';

/** Where somebody can be written to; upper and lower case mean the same. */
export const email = z
  .string()
  .trim()
  .max(254, 'An e-mail address has at most 254 characters.')
  .toLowerCase()
  .pipe(z.email('This is no e-mail address.'));

/** Long enough not to be guessed; what it is made of is everybody's own business. */
export const newPassword = z
  .string()
  .min(8, 'A password has at least 8 characters.')
  .max(1024, 'A password has at most 1024 characters.');

/** A password that is compared with another; what it may look like is not told here. */
export const password = z.string().max(1024, 'A password has at most 1024 characters.');

export const personName = oneLine(128, 'A name');

export const role = z.enum(['admin', 'member']);

export const person = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  role,
  created_at: instant,
});

export const registration = z.strictObject({
  email,
  password: newPassword,
  name: personName.nullish(),
  invitation: z.string().min(1).max(200).nullish().meta({ description: 'The token of one' }),
});

export const credentials = z.strictObject({
  email: z.string().trim().min(1).max(254).meta({ description: 'The e-mail address, or username' }),
  password,
});

export const signedIn = z.object({
  user: person,
  access_token: z.string().meta({ description: 'A JWT; it ends with its session' }),
  token_type: z.literal('bearer'),
  expires_in: z.int().meta({ description: 'Seconds' }),
});

export const visit = z.object({
  signed_in: z.boolean(),
  user: person.nullable(),
  registration: z.enum(['open', 'invite', 'closed']),
  intranet_login: z.boolean(),
  self_service_keys: z.boolean(),
  dashboard_public: z.boolean().meta({ description: 'Anyone may read `/api/overview`' }),
  needs_setup: z.boolean(),
  version: z.string(),
});

export const profileChange = z.strictObject({ name: personName.nullable() });

export const passwordChange = z.strictObject({
  current_password: password,
  new_password: newPassword,
});

export const farewell = z.strictObject({
  password,
  confirm: z.string().max(254).meta({ description: 'The e-mail address once more' }),
});

export const sessionList = z.array(
  z.object({
    id: z.string(),
    created_at: instant,
    last_seen_at: instant,
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
    current: z.boolean(),
  }),
);

const tags = ['Account'];

/** People: how they come in and what is theirs. */
export const AUTH_API = {
  register: call({
    method: 'POST',
    path: '/api/auth/register',
    who: 'anyone',
    summary: 'Register',
    description:
      'Makes a member, or what the invitation says, and signs them in: an access token, and a session cookie.',
    tags,
    request: registration,
    status: 201,
    reply: signedIn,
    failures: [
      ...(['conflict', 'not_found', 'overloaded', 'rate_limited'] as const),
      ...(['storage_unavailable', 'switched_off'] as const),
    ],
  }),
  signIn: call({
    method: 'POST',
    path: '/api/auth/login',
    who: 'anyone',
    summary: 'Sign in',
    description: 'One answer for an unknown name and a wrong password.',
    tags,
    request: credentials,
    status: 200,
    reply: signedIn,
    failures: ['invalid_credentials', 'overloaded', 'rate_limited', 'storage_unavailable'],
  }),
  signOut: call({
    method: 'POST',
    path: '/api/auth/logout',
    who: 'signed in',
    summary: 'Sign out',
    description: 'Ends the session with its cookie and its access tokens at once.',
    tags,
    status: 204,
    failures: ['storage_unavailable'],
  }),
  me: call({
    method: 'GET',
    path: '/api/auth/me',
    who: 'signed in',
    summary: 'Who am I',
    tags,
    status: 200,
    reply: person,
  }),
  changeProfile: call({
    method: 'PATCH',
    path: '/api/auth/me',
    who: 'signed in',
    summary: 'Change how one is called',
    tags,
    request: profileChange,
    status: 200,
    reply: person,
    failures: ['conflict', 'storage_unavailable'],
  }),
  deleteAccount: call({
    method: 'DELETE',
    path: '/api/auth/me',
    who: 'signed in',
    summary: 'Delete the account',
    description:
      'For good: secrets and personal data are destroyed, figures stay under a pseudonym. The only admin cannot.',
    tags,
    request: farewell,
    status: 204,
    failures: ['conflict', 'forbidden', 'overloaded', 'rate_limited', 'storage_unavailable'],
  }),
  changePassword: call({
    method: 'POST',
    path: '/api/auth/password',
    who: 'signed in',
    summary: 'Change the password',
    description: 'All other sessions end.',
    tags,
    request: passwordChange,
    status: 204,
    failures: ['conflict', 'forbidden', 'overloaded', 'rate_limited', 'storage_unavailable'],
  }),
  sessions: call({
    method: 'GET',
    path: '/api/auth/sessions',
    who: 'signed in',
    summary: 'Own sessions',
    tags,
    status: 200,
    reply: sessionList,
  }),
  endSession: call({
    method: 'DELETE',
    path: '/api/auth/sessions/{id}',
    who: 'signed in',
    summary: 'End a session of one’s own',
    tags,
    params: z.object({ id: z.string().min(1).max(200) }),
    status: 204,
    failures: ['not_found', 'storage_unavailable'],
  }),
  visit: call({
    method: 'GET',
    path: '/api/session',
    who: 'anyone',
    summary: 'Who is here, and how one comes in',
    tags,
    status: 200,
    reply: visit,
  }),
};
