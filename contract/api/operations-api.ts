import { z } from 'zod';
import { call } from './call.ts';
import { instant } from './fields.ts';

export const pong = z.object({ status: z.literal('ok'), timestamp: instant });

export const settingsList = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      value: z
        .string()
        .nullable()
        .meta({ description: 'As it is in force; null for a secret and for what is not set' }),
      is_secret: z.boolean(),
      is_set: z.boolean().meta({ description: 'It has a value, be it the default' }),
    }),
  ),
});

const tags = ['System'];

/** What the operator asks of the installation itself. */
export const OPERATIONS_API = {
  ping: call({
    method: 'GET',
    path: '/ping',
    who: 'anyone',
    summary: 'Is anybody there?',
    description: 'Answers as long as the process does; it asks no part of it.',
    tags,
    status: 200,
    reply: pong,
  }),
  settings: call({
    method: 'GET',
    path: '/api/settings',
    who: 'operator',
    summary: 'The settings in force',
    description: 'Of a secret only whether it is set.',
    tags,
    status: 200,
    reply: settingsList,
  }),
};
