import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { estimatePrompt as estimateOf, estimateText, promptText } from './estimate.ts';

const estimatePrompt = (body: unknown): number => estimateOf(body).usual;

const TEXTS = {
  English:
    'The old fisherman, who had been watching from the pier all morning, wondered whether the tide would turn before noon. Nobody answered him, so he folded his newspaper and walked home.',
  German:
    'Künstliche Intelligenz verändert unser Leben. Viele Krankenhäuser nutzen diese Technologie bereits, um Krankheiten früher zu erkennen.',
  Russian: 'Сегодня мы обсудим применение машинного обучения в медицине и его влияние на врачей.',
  Chinese: '人工智能正在改变我们的生活方式。许多医院已经开始使用这种技术来诊断疾病。',
  Japanese: '人工知能は私たちの生活を変えています。多くの病院がすでにこの技術を使っています。',
  Korean:
    '인공지능은 우리의 삶을 변화시키고 있습니다. 많은 병원이 이미 이 기술을 사용하고 있습니다.',
  Arabic: 'الذكاء الاصطناعي يغير حياتنا. العديد من المستشفيات تستخدم هذه التقنية بالفعل.',
  code: 'export function sum(...amounts: readonly number[]): number {\n  let total = 0;\n  for (const amount of amounts) total = total + amount;\n  return total;\n}\n',
  JSON: '{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}',
};

for (const [name, text] of Object.entries(TEXTS)) {
  test(`the guess for ${name} lies between 10 % under and 55 % over the exact count`, () => {
    const ratio = estimateText(text) / countTokens(text);
    assert.ok(ratio >= 0.9 && ratio <= 1.55, `ratio ${ratio}`);
  });
}

test('the guess grows with every run of one character, however long', () => {
  for (const piece of ['\n', '\r\n', '\r', ' ', '\t', '.', '-', '0', 'a', 'A', '\u2028']) {
    const text = piece.repeat(5_000);
    const ratio = estimateText(text) / countTokens(text);
    assert.ok(ratio >= 0.2, `${JSON.stringify(piece)}: ratio ${ratio}`);
  }
});

test('a chat counts its texts, three tokens a message and three before the answer', () => {
  const body = {
    messages: [{ role: 'user', content: 'hello' }],
    model: 'm',
    temperature: 1,
    user: 'u'.repeat(99),
  };
  assert.deepEqual(promptText(body), { texts: ['user', 'hello'], messages: 1, extras: 0 });
  assert.equal(estimatePrompt(body), 9);
});

test('every dialect is read: prompts, responses, system texts, embeddings, token ids', () => {
  const texts = (body: object) => promptText(body).texts;
  assert.deepEqual(texts({ prompt: ['one', 'two'], suffix: 'end' }), ['one', 'two', 'end']);
  assert.deepEqual(texts({ input: 'plain', instructions: 'be brief' }), ['plain', 'be brief']);
  assert.deepEqual(
    texts({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }] }),
    ['user', 'hi'],
  );
  assert.deepEqual(texts({ system: [{ type: 'text', text: 'rules' }], messages: [] }), ['rules']);
  assert.deepEqual(texts({ query: 'q', documents: ['a', { text: 'b' }] }), ['q', 'a', 'b']);
  assert.equal(estimatePrompt({ input: [[1, 2, 3], [4]] }), 4);
});

test('tool calls, tool results and tool schemas are read, names of fields included', () => {
  const body = {
    messages: [
      {
        role: 'assistant',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
  };
  const { texts, messages, extras } = promptText(body);
  assert.deepEqual(texts, [
    'assistant',
    'f',
    '{"a":1}',
    'tool',
    'sunny',
    'type',
    'function',
    'function',
    'name',
    'f',
  ]);
  assert.equal(messages, 2);
  assert.equal(extras, 3);
});

const BASE64 = 'iVBORw0KGgo'.repeat(50_000);
const PARTS: readonly (readonly [name: string, part: object, most: number])[] = [
  [
    'a picture by data URL',
    { type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}` } },
    1_400,
  ],
  [
    'a picture of the other dialect',
    { type: 'image', source: { type: 'base64', data: BASE64 } },
    1_400,
  ],
  [
    'a picture of the responses dialect',
    { type: 'input_image', image_url: `data:image/png;base64,${BASE64}` },
    1_400,
  ],
  [
    'a picture of low detail',
    { type: 'image_url', image_url: { url: 'https://x', detail: 'low' } },
    300,
  ],
  ['sound', { type: 'input_audio', input_audio: { data: BASE64, format: 'wav' } }, 2_000],
  ['a file', { type: 'file', file: { file_data: BASE64 } }, 4_000],
  [
    'a picture in a part of a type that nobody knows',
    { type: 'snapshot', snapshot: { url: `data:image/png;base64,${BASE64}` } },
    1_400,
  ],
];

for (const [name, part, most] of PARTS) {
  test(`${name} is a flat guess; its base64 is not taken for text`, () => {
    const body = { messages: [{ role: 'user', content: [part] }] };
    const estimate = estimatePrompt(body);
    assert.ok(estimate > 50 && estimate < most, String(estimate));
    assert.deepEqual(promptText(body).texts, ['user']);
  });
}

/** A picture of that size, as far as its head tells. */
function png(width: number, height: number): string {
  const head = Buffer.alloc(60_000);
  head.write('\x89PNG', 'latin1');
  head.write('IHDR', 12);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head.toString('base64');
}

test('a picture is counted by its size and model, wherever a dialect puts it, and then most is usual', () => {
  const url = `data:image/png;base64,${png(1_024, 1_024)}`;
  const parts = [
    { type: 'image_url', image_url: { url } },
    { type: 'input_image', image_url: url },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png(1_024, 1_024) } },
    { type: 'image_generation_call', result: png(1_024, 1_024) },
    { type: 'computer_screenshot', image_url: url },
    { type: 'snapshot', image: url },
  ];
  for (const part of parts) {
    const of = (model: string) => estimateOf({ model, messages: [{ content: [part] }] });
    const name = JSON.stringify(part).slice(0, 60);
    assert.deepEqual(of('gpt-4o'), { reserved: 771, usual: 771, most: 771 }, name);
    assert.deepEqual(of('claude-opus-5'), { reserved: 1_206, usual: 1_375, most: 1_375 });
  }
});

test('rates reserve no more for a picture than for a common one', () => {
  const part = { type: 'image_url', image_url: { url: `data:,;base64,${png(1_024, 1_024)}` } };
  const reserved = (model: string, ...pictures: object[]) =>
    estimateOf({ model, messages: [{ content: pictures }] }).reserved - 6;
  assert.equal(reserved('gpt-4o-mini', part, part), 2_400);
  assert.equal(reserved('gpt-4o', part, { type: 'image' }), 1_530);
});

test('a detail counts where its dialect has it', () => {
  const url = `data:image/png;base64,${png(1_024, 1_024)}`;
  const beside = { type: 'image_url', detail: 'low', image_url: { url } };
  const within = { type: 'image_url', image_url: { url, detail: 'low' } };
  const plain = { type: 'input_image', detail: 'low', image_url: url };
  const tokens = [beside, within, plain].map(
    (part) => estimatePrompt({ model: 'gpt-4o', messages: [{ content: [part] }] }) - 6,
  );
  assert.deepEqual(tokens, [765, 85, 85]);
});

test('of a picture without a size the largest is the most, with the dearest model that may answer', () => {
  const part = { type: 'image_url', image_url: { url: 'https://pictures.example/1.png' } };
  const messages = [{ content: [part, { type: 'image_url', image_url: { detail: 'low' } }] }];
  const body = { model: 'gpt-4o', messages };
  assert.deepEqual(estimateOf(body), { reserved: 856, usual: 856, most: 1_536 });
  const others = { ...body, models: ['gpt-4o-mini', 7] };
  assert.deepEqual(estimateOf(others), { reserved: 856, usual: 856, most: 51_008 });
});

test('a deployment decides how a picture counts, and what the body names counts for the most', () => {
  const part = { type: 'image_url', image_url: { url: `data:,;base64,${png(1_024, 1_024)}` } };
  const messages = [{ content: [part] }];
  const estimate = (body: object, ...deployments: string[]) => {
    const { usual, most } = estimateOf({ ...body, messages }, deployments);
    return [usual - 6, most - 6];
  };
  assert.deepEqual(estimate({}, 'gpt-4o-mini'), [25_501, 25_501]);
  assert.deepEqual(estimate({ model: 'gpt-4o-mini' }, 'gpt-4o'), [765, 25_501]);
  assert.deepEqual(estimate({}, 'gpt-4o', 'gpt-4o-mini'), [765, 25_501]);
});

test('however many pictures and models a body has, each model is looked up once', (t) => {
  const models = Array.from({ length: 20 }, (_, i) => `model-${i}`);
  const content = Array.from({ length: 5_000 }, () => ({ type: 'image' }));
  const looks = t.mock.method(RegExp.prototype, 'test');
  const { most } = estimateOf({ model: 'gpt-4o', models, messages: [{ content }] });
  const count = looks.mock.callCount();
  looks.mock.restore();
  assert.ok(count < 1_000, `${count} looks`);
  assert.equal(most, 10_000_000);
});

test('of more pictures than any vendor takes the size is not looked for', () => {
  const part = { type: 'image', source: { type: 'base64', data: png(28, 28) } };
  const body = { model: 'claude-opus-5', messages: [{ content: Array(1_001).fill(part) }] };
  assert.equal(estimateOf(body).most, 1_000 + 4_784 + 6);
});

test('a data URL in the place of a text is text, which the model reads and the vendor bills', () => {
  const text = `data:text/plain;base64,${'the quick brown fox '.repeat(500)}`;
  for (const body of [
    { messages: [{ role: 'user', content: text }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text }] }] },
    { system: text },
    { input: [{ type: 'function_call_output', call_id: 'call_1', output: text }] },
  ]) {
    assert.ok(estimatePrompt(body) > 2_000, JSON.stringify(body).slice(0, 60));
    assert.ok(promptText(body).texts.includes(text));
  }
});

test('what a tool was given is counted, whatever its fields are called', () => {
  const long = 'the quick brown fox '.repeat(500);
  for (const name of ['data', 'id', 'type', 'status', 'anything']) {
    const use = { type: 'tool_use', id: 'toolu_1', name: 'save', input: { [name]: long } };
    const body = { messages: [{ role: 'assistant', content: [use] }] };
    assert.ok(estimatePrompt(body) > 2_000, name);
    assert.deepEqual(promptText(body).texts, ['assistant', 'save', name, long]);
  }
});

test('what comes back sealed is counted by its length, wherever it stands', () => {
  const sealed = BASE64.slice(0, 50_000);
  const page = { type: 'web_search_result', title: 'A page', encrypted_content: sealed };
  for (const body of [
    { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: sealed }] },
    { input: [{ type: 'compaction', encrypted_content: sealed }] },
    { messages: [{ content: [{ type: 'redacted_thinking', data: sealed }] }] },
    { messages: [{ content: [{ type: 'web_search_tool_result', content: [page] }] }] },
  ]) {
    const estimate = estimatePrompt(body);
    assert.ok(estimate >= 10_000 && estimate < 10_100, String(estimate));
    assert.ok(!promptText(body).texts.includes(sealed));
  }
});

test('questions that are put to a model beside its input are read by it', () => {
  const questions = [{ type: 'choice', question: 'Is it a cat?', options: ['yes', 'no'] }];
  const { texts } = promptText({ input: 'Meow.', questions });
  assert.deepEqual(texts, ['Meow.', 'Is it a cat?', 'yes', 'no']);
});

test('a document that carries plain text is read as text', () => {
  const part = {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'the report' },
  };
  assert.deepEqual(promptText({ messages: [{ role: 'user', content: [part] }] }).texts, [
    'user',
    'the report',
  ]);
});

test('any JSON at all gives a whole number within bounds and no error (T60)', () => {
  const field = fc.constantFrom('messages', 'input', 'prompt', 'system', 'tools', 'text');
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue())), (body) => {
      const { reserved, usual, most } = estimateOf(body);
      assert.ok(Number.isSafeInteger(reserved) && reserved >= 0 && reserved <= usual);
      assert.ok(Number.isSafeInteger(usual) && usual >= 0 && most <= 10_000_000);
      assert.ok(Number.isSafeInteger(most) && most >= usual);
    }),
  );
});

test('nesting of a hundred thousand levels is walked without overflow (T29)', () => {
  let content: unknown = 'deep';
  for (let i = 0; i < 100_000; i++) content = [content];
  assert.equal(estimatePrompt({ messages: [{ role: 'user', content }], tools: content }), 8);
});

test('a body that throws when read is counted as far as it could be read', () => {
  const body = {
    messages: [{ role: 'user', content: 'hello' }],
    get tools(): unknown {
      throw new Error('no');
    },
  };
  assert.equal(estimatePrompt(body), 9);
});

test('what is no object has no prompt', () => {
  for (const body of [null, undefined, 'text', 5, true]) assert.equal(estimatePrompt(body), 0);
});

test('the estimate is capped', () => {
  assert.equal(estimateText('a1'.repeat(6_000_000)), 10_000_000);
});

test('text that only repeats is never guessed low', () => {
  for (const text of ['a'.repeat(200_000), ' '.repeat(20_000), '的'.repeat(20_000)]) {
    assert.ok(estimateText(text) > 300);
  }
});
