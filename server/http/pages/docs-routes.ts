/** The documentation for people and programs; every asset comes from this machine. */
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import serveStatic from '@fastify/static';
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import type { SYSTEM_API } from '../../../contract/api/system-api.ts';
import type { AskedFor } from '../answering.ts';
import { type OpenApiDocument, openApiDocument } from './openapi.ts';

/** No `upgrade-insecure-requests`: on plain HTTP in a local network it would break the page. */
const SWAGGER_CSP = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/** ReDoc writes its own style elements and searches in a worker that it makes from a blob. */
const REDOC_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const REDOC_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollkeeper API</title>
<style>body { margin: 0; }</style>
</head>
<body>
<redoc spec-url="/openapi.json"></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
`;

/** The document is made when somebody first reads it: its hundreds of schemas would delay every start. */
export function documentOnDemand(version: string): () => OpenApiDocument {
  let document: OpenApiDocument | undefined;
  return () => {
    document ??= openApiDocument(ALL_CALLS, version);
    return document;
  };
}

/** Swagger UI with its assets below `/docs`, and the script of `/redoc`. */
export async function docsAssets(
  scope: FastifyInstance,
  document: () => OpenApiDocument,
): Promise<void> {
  await scope.register(swagger, {
    openapi: {},
    // The contract describes the routes; what the plugin would gather from them is thrown away.
    transform: ({ url }) => ({ url, schema: { hide: true } }),
    // The plugin's types stop at OpenAPI 3.0; what it serves is 3.1 as it is.
    transformObject: () => document() as unknown as ReturnType<SwaggerTransformObject>,
  });
  await scope.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: SWAGGER_CSP,
    theme: { title: 'Tollkeeper API' },
    // A credential that was typed in stays in the page and ends with it.
    uiConfig: { persistAuthorization: false, validatorUrl: null },
  });
  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
  await scope.register(serveStatic, { root: dirname(bundle), serve: false });
  scope.get('/redoc/redoc.standalone.js', { schema: { hide: true } }, (_request, reply) =>
    reply.sendFile(basename(bundle), { maxAge: '1d' }),
  );
}

/** The pages that are calls of the contract; `/docs` itself comes with {@link docsAssets}. */
export function docsHandlers(document: () => OpenApiDocument) {
  let text: string | undefined;
  return {
    redocPage: ({ reply }: AskedFor<typeof SYSTEM_API.redocPage>): FastifyReply =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', REDOC_CSP)
        .send(REDOC_PAGE),
    openApi: ({ reply }: AskedFor<typeof SYSTEM_API.openApi>): FastifyReply => {
      text ??= JSON.stringify(document());
      return reply.type('application/json; charset=utf-8').send(text);
    },
  };
}
