import { z } from 'zod';
import { call } from './call.ts';
import { FORMATS, instant, moment, pagination } from './fields.ts';

/** Kinds of things that are changed, with what their ids begin with. */
export const SUBJECT_KINDS = {
  user: 'usr',
  virtual_key: 'vk',
  provider_key: 'pk',
  api_token: 'tok',
} as const;
export type SubjectKind = keyof typeof SUBJECT_KINDS;

export const auditQuery = z.strictObject({
  user_id: z.string().min(1).max(200).optional().meta({ description: 'Who did it' }),
  action: z.string().min(1).max(200).optional(),
  subject: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'The id of what it was about' }),
  kind: z
    .enum(Object.keys(SUBJECT_KINDS) as [SubjectKind, ...SubjectKind[]])
    .optional()
    .meta({ description: 'What kind of thing it was about' }),
  start: moment.optional().meta({ description: 'A UTC day, or an instant; by default the first' }),
  end: moment.optional().meta({
    description: 'A UTC day, which is included, or an instant, which is not; by default now',
  }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(200).optional(),
  format: z.enum(FORMATS).optional().meta({
    description: '`csv`, `json` or `jsonl`: every entry of the filter as a file',
  }),
});

export const auditPage = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      at: instant,
      actor: z.enum(['operator', 'person', 'key', 'api token', 'nobody']),
      user_id: z.string().nullable(),
      user: z.string().nullable().meta({ description: 'The username' }),
      action: z.string().meta({ description: 'Method and path of the call' }),
      subject: z.string().nullable().meta({ description: 'The id of what it was about' }),
      status: z.int().meta({ description: 'Of the answer' }),
      ip: z.string().nullable(),
      request_id: z.string(),
      summary: z
        .string()
        .nullable()
        .meta({ description: 'What the call does, in a few words; null: it is there no more' }),
    }),
  ),
  pagination,
});

/** What was done by whom. */
export const AUDIT_API = {
  list: call({
    method: 'GET',
    path: '/api/audit',
    who: 'operator',
    summary: 'Who did what',
    description:
      'Every call that changed something, and those that were refused for who asked. The newest first.',
    tags: ['People'],
    query: auditQuery,
    status: 200,
    reply: auditPage,
    failures: ['storage_unavailable'],
  }),
  actions: call({
    method: 'GET',
    path: '/api/audit/actions',
    who: 'operator',
    summary: 'What was ever done',
    description: 'The actions that are on record, to filter by.',
    tags: ['People'],
    status: 200,
    reply: z.object({ data: z.array(z.string()) }),
    failures: ['storage_unavailable'],
  }),
};
