import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countParts, formFields, formParts, parseBody, withIncludeUsage } from './request-body.ts';

const bytes = (text: string) => Buffer.from(text);
const refused = { code: 'invalid_request' };

test('only a JSON object is a body', () => {
  for (const text of ['', 'x', '[]', '"a"', 'null', '1', '{"a":1', '{"a":1}}', '\u0000']) {
    assert.throws(() => parseBody(bytes(text)), refused, text);
  }
});

test('a decisive member that stands twice is refused, also if it is spelled with escapes (T60)', () => {
  for (const text of [
    '{"model":"a","model":"b"}',
    '{"model":"a","messages":[],"mod\\u0065l":"b"}',
    '{"stream":true,"x":{"stream":1},"stream":false}',
    '{"max_tokens":1,"a":"}","max_tokens":9}',
    '{"prompt":["a","b"],"prompt":"a"}',
    '{"best_of":9,"best_of":1}',
    '{"input":"A long text to be spoken.","input":"a"}',
  ]) {
    assert.throws(() => parseBody(bytes(text)), refused, text);
  }
});

test('a decisive member in other letters is refused: some servers would read it', () => {
  for (const text of [
    '{"Model":"dear"}',
    '{"model":"cheap","MODEL":"dear"}',
    '{"Stream":true}',
    '{"Input":"long"}',
  ]) {
    assert.throws(() => parseBody(bytes(text)), refused, text);
  }
  assert.ok(parseBody(bytes('{"Messages":[],"X":1}')));
});

test('a model that is no text and messages that are no list are refused; null is what is not given', () => {
  for (const text of ['{"model":5}', '{"model":["a"]}', '{"messages":"Hi"}', '{"messages":{}}']) {
    assert.throws(() => parseBody(bytes(text)), refused, text);
  }
  assert.ok(parseBody(bytes('{"model":null,"messages":null}')));
});

test('the same name deeper down, or in a text, is no repetition', () => {
  const text =
    '{"model":"a","messages":[{"model":"b","content":"\\"model\\":\\"c\\" \\u0041"}],"x":{"model":1}}';
  assert.equal(parseBody(bytes(text))['model'], 'a');
});

test('a body that nests absurdly deep is refused and does no harm (T60)', () => {
  for (const depth of [1_000, 200_000]) {
    assert.throws(
      () => parseBody(bytes(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)),
      refused,
    );
  }
  assert.ok(parseBody(bytes(`{"a":"${'['.repeat(1_000)}"}`)));
  assert.ok(parseBody(bytes(`{"a":[${'{},'.repeat(1_000)}1]}`)));
});

test('a body cannot change the prototype of anything (T62)', () => {
  const body = parseBody(
    bytes('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  );
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.deepEqual(Object.keys(body), ['__proto__', 'constructor']);
});

test('asking for usage changes nothing else, byte for byte', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.option(fc.dictionary(fc.constantFrom('include_usage', 'other'), fc.boolean())),
      fc.constantFrom(undefined, 1, '\t'),
      (members, options, indent) => {
        const object = { ...members, ...(options === null ? {} : { stream_options: options }) };
        const text = JSON.stringify(object, null, indent);
        const before = parseOrNull(text);
        if (before === null) return;
        const after = withIncludeUsage(bytes(text), before);
        if (after === null) {
          assert.equal(options?.['include_usage'], true);
          return;
        }
        const expected = { ...before, stream_options: { ...options, include_usage: true } };
        assert.deepEqual(JSON.parse(after.toString()), JSON.parse(JSON.stringify(expected)));
        if (options === null) {
          const added = '"stream_options":{"include_usage":true}';
          assert.equal(after.toString().replace(added, '').replace(/^\{,/, '{'), text);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

function parseOrNull(text: string) {
  try {
    return parseBody(bytes(text));
  } catch {
    return null;
  }
}

test('stream_options of null becomes the wish for usage', () => {
  const text = '{ "model" : "a" , "stream_options" :null, "n":1}';
  const after = withIncludeUsage(bytes(text), parseBody(bytes(text)));
  assert.equal(
    after?.toString(),
    '{ "model" : "a" , "stream_options" :{"include_usage":true}, "n":1}',
  );
});

test('a field of a form is found between its boundaries', () => {
  const form =
    '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n\u0000\u0001\r\n--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--XX--\r\n';
  const fieldsOf = (type: string) => formFields(formParts(bytes(form), type), ['model', 'prompt']);
  assert.deepEqual(fieldsOf('multipart/form-data; boundary=XX'), { model: 'whisper-1' });
  for (const type of ['multipart/form-data', 'multipart/form-data; boundary=YY']) {
    assert.deepEqual(fieldsOf(type), { model: null, prompt: null });
  }
});

test('a field of a form that could be read in two ways is not read at all', () => {
  const part = (head: string, value: string) =>
    `--XX\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
  const modelOf = (...parts: string[]) =>
    formFields(
      formParts(bytes(`${parts.join('')}--XX--\r\n`), 'multipart/form-data; boundary=XX'),
      ['model'],
    ).model;
  assert.equal(modelOf(part('name=model', 'cheap')), 'cheap');
  const decoy = part('name="file"; filename="a"', 'form-data; name="model"\r\n\r\ncheap');
  assert.equal(modelOf(decoy, part('name="model"', 'dear')), 'dear');
  assert.equal(modelOf(part('name="model"', 'cheap'), part('name="model"', 'dear')), null);
  assert.equal(modelOf(part('name="model"', 'cheap'), part("name*=utf-8''model", 'dear')), null);
});

test('a form in which a server may find another model than we do names none', () => {
  const disposed = (name: string, value: string) =>
    `--XX\r\nContent-Disposition: form-data; ${name}\r\n\r\n${value}\r\n`;
  const cheap = disposed('name="model"', 'cheap');
  const headed = (head: string, value: string) => `--XX\r\n${head}\r\n\r\n${value}\r\n`;
  const end = '--XX--\r\n';
  const forms: readonly (readonly [body: string, type?: string])[] = [
    [cheap + end, 'multipart/form-data; xboundary=XX; boundary=YY'],
    [cheap + end, 'multipart/form-data; boundary=XX; boundary=YY'],
    [cheap + end, "multipart/form-data; boundary=XX; boundary*=utf-8''YY"],
    [cheap + disposed('name*0="mod"; name*1="el"', 'dear') + end],
    [cheap + disposed('x="; name=y"; name="model"', 'dear') + end],
    [cheap + headed('X: y; name=z\r\nContent-Disposition: form-data; name="model"', 'dear') + end],
    [cheap + disposed('name="mod\\el"', 'dear') + end],
    [cheap + disposed('name="Model"', 'dear') + end],
    [cheap + headed('X: y\nContent-Disposition: form-data; name="z"', 'dear') + end],
    [`--XX\nContent-Disposition: form-data; name="model"\n\ndear\n${cheap}${end}`],
    [`x${disposed('name="model"', 'dear')}${cheap}${end}`],
    [`${cheap}--XXY\r\nContent-Disposition: form-data; name="z"\r\n\r\n\r\n${end}`],
    [cheap + end + cheap.replace('model', 'z') + end],
    [cheap + disposed('name="model"', 'dear')],
    [cheap + disposed('name="z"', '').repeat(1_000) + end],
  ];
  for (const [body, type = 'multipart/form-data; boundary=XX'] of forms) {
    assert.equal(
      formFields(formParts(bytes(body), type), ['model']).model,
      null,
      `${type}\n${body}`,
    );
  }
});

test('what usual clients make of a form is read', async () => {
  const form = new FormData();
  form.append('file', new Blob(['\r\n--\n']), 'a "name" of; mine.mp3');
  form.append('model', 'whisper-1');
  const sent = new Response(form);
  const type = sent.headers.get('content-type') ?? '';
  const body = Buffer.from(await sent.arrayBuffer());
  assert.deepEqual(formFields(formParts(body, type), ['model', 'n']), { model: 'whisper-1' });
  const curl = '--b-1\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b-1--';
  for (const boundary of ['b-1', '"b-1"', 'b-1; charset=utf-8']) {
    const read = formFields(formParts(bytes(curl), `multipart/form-data; boundary=${boundary}`), [
      'model',
    ]);
    assert.deepEqual(read, { model: 'm' }, boundary);
  }
});

test('a decisive member is refused in every spelling that some server folds into it', () => {
  for (const name of ['Max_Tokens', 'max_to\u212aens', 'max_token\u017f', '\u017ftream']) {
    const body = bytes(JSON.stringify({ model: 'm', [name]: 1 }));
    assert.throws(() => parseBody(body), { code: 'invalid_request' }, name);
  }
});

test('the pictures of a form are counted by the names of their parts, where these are clear', () => {
  const part = (name: string) =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\nx\r\n`;
  const count = (...names: readonly string[]) => {
    const form = `${names.map(part).join('')}--XX--\r\n`;
    return countParts(formParts(bytes(form), 'multipart/form-data; boundary=XX'), /^image/);
  };
  assert.equal(count('model', 'image', 'mask'), 1);
  assert.equal(count('image[]', 'image[]', 'model'), 2);
  assert.equal(
    countParts(formParts(bytes('x'), 'multipart/form-data; boundary=XX'), /^image/),
    null,
  );
});
