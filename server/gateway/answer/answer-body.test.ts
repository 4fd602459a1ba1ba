import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blotOut, redact, wholeBody, withLastMember } from './answer-body.ts';
import { headersToCaller } from './headers.ts';

const SECRET = 'sk-a-real-credential';

test('a credential that the provider repeats does not reach the caller, in body or header', () => {
  const body = redact(Buffer.from(`{"error":"wrong key ${SECRET}, häh"}`), SECRET);
  assert.equal(body.toString(), '{"error":"wrong key [redacted], häh"}');
  const headers = headersToCaller(
    { 'x-echo': `key=${SECRET}`, 'set-cookie': [SECRET], 'x-list': SECRET, 'x-fine': 'yes' },
    'req_1',
    SECRET,
  );
  assert.deepEqual(headers, { 'x-fine': 'yes', 'x-request-id': 'req_1' });
});

test('in an answer whose length was told the credential is blotted out letter for letter', () => {
  const told = `{"a":"${SECRET}","b":"${SECRET}${SECRET}","c":"ü"}`;
  const blotted = blotOut(Buffer.from(told), SECRET);
  assert.equal(blotted.toString(), told.replaceAll(SECRET, '*'.repeat(SECRET.length)));
  assert.equal(blotOut(Buffer.from('the local key'), 'local').toString(), 'the local key');
});

test('a word that stands for no credential at a local server changes no answer', () => {
  for (const word of ['', 'k', 'none', 'EMPTY', 'local']) {
    const body = Buffer.from(`{"text":"${word} k none EMPTY local"}`);
    assert.equal(redact(body, word), body);
    assert.deepEqual(headersToCaller({ 'x-a': `${word} k` }, 'r', word), {
      'x-a': `${word} k`,
      'x-request-id': 'r',
    });
  }
});

test('a whole answer as text has one character for each byte, and gives no credential away', () => {
  for (const answer of ['{"text":"zażółć 🙂"}', `{"text":"ü ${SECRET}"}`]) {
    const { bytes, text } = wholeBody(Buffer.from(answer), SECRET);
    assert.equal(bytes.toString(), answer.replace(SECRET, '[redacted]'));
    assert.deepEqual(Buffer.from(text, 'latin1'), bytes);
  }
});

test('a member is put at the end of an answer, and every other byte stays', () => {
  const added = (answer: string): string => {
    const { text } = wholeBody(Buffer.from(answer), SECRET);
    return Buffer.from(withLastMember(text, 'more', { ä: 1 }), 'latin1').toString();
  };
  assert.equal(added(' {"a":"ł" } \n'), ' {"a":"ł" ,"more":{"ä":1}} \n');
  assert.equal(added('{ }'), '{ "more":{"ä":1}}');
  for (const other of ['', '[1]', 'plain {text}']) assert.equal(added(other), other);
});
