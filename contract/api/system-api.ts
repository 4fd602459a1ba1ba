import { z } from 'zod';
import { call } from './call.ts';
import { dollars, instant } from './fields.ts';

export const apiInformation = z.object({
  name: z.string(),
  version: z.string(),
  documentation: z.string(),
  endpoints: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() })),
});

export const health = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  timestamp: instant,
  version: z.string(),
  checks: z.object({
    database: z.enum(['ok', 'failing']),
    upstream: z.enum(['ok', 'unknown', 'failing', 'missing']).meta({
      description: 'missing: no provider is configured. unknown: none was asked yet.',
    }),
  }),
});

export const simpleModels = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      name: z.string().optional(),
      provider: z.string().optional(),
      input_usd_per_mtok: dollars.optional(),
      output_usd_per_mtok: dollars.optional(),
    }),
  ),
});

const tags = ['System'];

/** What anyone may ask about the installation. */
export const SYSTEM_API = {
  information: call({
    method: 'GET',
    path: '/',
    who: 'anyone',
    summary: 'What this is',
    description: 'Name, version and every call.',
    tags,
    status: 200,
    reply: apiInformation,
  }),
  health: call({
    method: 'GET',
    path: '/health',
    who: 'anyone',
    summary: 'State of the system and its parts',
    description:
      '200 while it works, if need be degraded (no provider answers); 503 when the database fails.',
    tags,
    status: 200,
    otherStatuses: [503],
    reply: health,
  }),
  models: call({
    method: 'GET',
    path: '/models/simple',
    who: 'anyone',
    summary: 'Models available',
    description:
      'Prices are dollars per million tokens; a model without a known price has none here.',
    tags,
    status: 200,
    reply: simpleModels,
  }),
  swaggerPage: call({
    method: 'GET',
    path: '/docs',
    who: 'anyone',
    summary: 'This document, as Swagger UI',
    tags,
    produces: 'text/html',
    status: 200,
  }),
  redocPage: call({
    method: 'GET',
    path: '/redoc',
    who: 'anyone',
    summary: 'This document, as ReDoc',
    tags,
    produces: 'text/html',
    status: 200,
  }),
  openApi: call({
    method: 'GET',
    path: '/openapi.json',
    who: 'anyone',
    summary: 'This document',
    tags,
    status: 200,
  }),
};
