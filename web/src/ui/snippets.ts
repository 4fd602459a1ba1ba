/** How a program uses a virtual key: its settings, and the same first call in five ways. */
import type { Snippet } from './code-block.tsx';

interface SnippetFacts {
  /** The origin of this installation. */
  readonly origin: string;
  readonly key: string;
  readonly model: string;
}

const QUESTION = 'Say hello.';

export function keySnippets(facts: SnippetFacts): readonly Snippet[] {
  return [...plainSnippets(facts), ...openaiSnippets(facts), ...anthropicSnippets(facts)];
}

/** The name of a model is somebody else's text: it must stay a text where it is pasted. */
function inCode(text: string): string {
  return JSON.stringify(text);
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function plainSnippets({ origin, key, model }: SnippetFacts): readonly Snippet[] {
  return [
    {
      id: 'env',
      label: '.env',
      code: [
        `OPENAI_BASE_URL=${origin}/v1`,
        `OPENAI_API_KEY=${key}`,
        `ANTHROPIC_BASE_URL=${origin}`,
        `ANTHROPIC_API_KEY=${key}`,
      ].join('\n'),
    },
    {
      id: 'curl',
      label: 'curl',
      code: [
        `curl ${origin}/v1/chat/completions \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        `  -H "Content-Type: application/json" \\`,
        `  -d ${inShell(JSON.stringify({ model, messages: [{ role: 'user', content: QUESTION }] }))}`,
      ].join('\n'),
    },
  ];
}

function openaiSnippets({ origin, key, model }: SnippetFacts): readonly Snippet[] {
  return [
    {
      id: 'openai-ts',
      label: 'OpenAI TypeScript',
      code: [
        `import OpenAI from 'openai';`,
        '',
        `const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${key}' });`,
        `const answer = await client.chat.completions.create({`,
        `  model: ${inCode(model)},`,
        `  messages: [{ role: 'user', content: '${QUESTION}' }],`,
        `});`,
        `console.log(answer.choices[0].message.content);`,
      ].join('\n'),
    },
    {
      id: 'openai-py',
      label: 'OpenAI Python',
      code: [
        `from openai import OpenAI`,
        '',
        `client = OpenAI(base_url="${origin}/v1", api_key="${key}")`,
        `answer = client.chat.completions.create(`,
        `    model=${inCode(model)},`,
        `    messages=[{"role": "user", "content": "${QUESTION}"}],`,
        `)`,
        `print(answer.choices[0].message.content)`,
      ].join('\n'),
    },
  ];
}

function anthropicSnippets({ origin, key, model }: SnippetFacts): readonly Snippet[] {
  return [
    {
      id: 'anthropic-ts',
      label: 'Anthropic TypeScript',
      code: [
        `import Anthropic from '@anthropic-ai/sdk';`,
        '',
        `const client = new Anthropic({ baseURL: '${origin}', apiKey: '${key}' });`,
        `const answer = await client.messages.create({`,
        `  model: ${inCode(model)},`,
        `  max_tokens: 100,`,
        `  messages: [{ role: 'user', content: '${QUESTION}' }],`,
        `});`,
        `console.log(answer.content);`,
      ].join('\n'),
    },
    {
      id: 'anthropic-py',
      label: 'Anthropic Python',
      code: [
        `from anthropic import Anthropic`,
        '',
        `client = Anthropic(base_url="${origin}", api_key="${key}")`,
        `answer = client.messages.create(`,
        `    model=${inCode(model)},`,
        `    max_tokens=100,`,
        `    messages=[{"role": "user", "content": "${QUESTION}"}],`,
        `)`,
        `print(answer.content)`,
      ].join('\n'),
    },
  ];
}
