import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { estimateText } from './estimate.ts';
import { createTokenCounter } from './tokenizer.ts';

const SENTENCE = 'The tide turns at noon, and the boats come home. ';

test('the counting thread', async (t) => {
  const counter = createTokenCounter();
  t.after(() => counter.close());

  await t.test('counts short texts exactly', async () => {
    for (const text of [
      '',
      'hello world',
      SENTENCE,
      '人工智能正在改变我们的生活方式。',
      '👩‍💻 done',
    ]) {
      assert.equal(await counter.count(text), countTokens(text));
    }
  });

  await t.test('counts long texts within one percent', async () => {
    const text = Array.from({ length: 2_000 }, (_, i) => `${i}: ${SENTENCE}`).join('');
    const exact = countTokens(text);
    assert.ok(Math.abs((await counter.count(text)) - exact) <= exact / 100);
  });

  await t.test('counts several texts apart and sums them', async () => {
    assert.equal(await counter.count(['in', 'side', '']), 2);
    assert.equal(await counter.count([]), 0);
  });

  await t.test('takes the spelling of a special token for text', async () => {
    assert.ok((await counter.count('<|endoftext|>')) > 1);
  });

  await t.test('does not cut a character in two', async () => {
    const text = `a${'😀'.repeat(2_000)}`;
    // A thread that the machine leaves waiting past its time extrapolates, so not every count is exact.
    const counts = [
      await counter.count(text),
      await counter.count(text),
      await counter.count(text),
    ];
    assert.ok(counts.includes(countTokens(text)), counts.join());
  });

  await t.test('finishes on runs that would take a tokenizer half a minute', async () => {
    const counts = await Promise.all([
      counter.count('a'.repeat(200_000)),
      counter.count(' '.repeat(200_000)),
      counter.count('的'.repeat(50_000)),
      counter.count(withoutBreaks(300_000)),
    ]);
    for (const count of counts) assert.ok(count > 1_000 && count < 300_000, String(count));
  });

  await t.test('extrapolates beyond two million characters', async () => {
    const repeats = Math.ceil(2_500_000 / SENTENCE.length);
    const exact = (countTokens(SENTENCE.repeat(100)) / 100) * repeats;
    assert.ok(Math.abs((await counter.count(SENTENCE.repeat(repeats))) - exact) <= exact / 50);
    const parts = Array.from({ length: 5 }, () => SENTENCE.repeat(repeats / 5));
    assert.ok(Math.abs((await counter.count(parts)) - exact) <= exact / 50);
  });

  await t.test('guesses rather than queue without end', async () => {
    const counts = await Promise.all(Array.from({ length: 200 }, () => counter.count(SENTENCE)));
    const possible = [countTokens(SENTENCE), estimateText(SENTENCE)];
    assert.ok(counts.every((count) => possible.includes(count)));
  });
});

/** Letters that never repeat in a way that a tokenizer could profit from; the same on every run. */
function withoutBreaks(length: number): string {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += String.fromCharCode(97 + (state % 3));
  }
  return text;
}

test('a thread that cannot start leaves a guess, again and again', async () => {
  const counter = createTokenCounter({ thread: new URL('no-such-thread.ts', import.meta.url) });
  for (let i = 0; i < 5; i++) {
    assert.equal(await counter.count(SENTENCE), estimateText(SENTENCE));
  }
  await counter.close();
});

test('a thread that dies at work leaves a guess, and the next count starts another', async () => {
  const source = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, texts }) => {
      if (texts[0] === 'die') throw new Error('died');
      parentPort.postMessage({ id, tokens: 4242, characters: texts[0].length });
    });`;
  const thread = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const counter = createTokenCounter({ thread });
  assert.equal(await counter.count('die'), estimateText('die'));
  assert.equal(await counter.count('live'), 4242);
  await counter.close();
});

test('counts under way when the counter is closed, and later ones, are guesses', async () => {
  const counter = createTokenCounter();
  const underWay = counter.count(SENTENCE);
  await counter.close();
  assert.equal(await underWay, estimateText(SENTENCE));
  assert.equal(await counter.count(SENTENCE), estimateText(SENTENCE));
  await counter.close();
});

test('an idle counter that nobody closed keeps no process alive', async () => {
  const module = new URL('./tokenizer.ts', import.meta.url).href;
  const script = `const { createTokenCounter } = await import(${JSON.stringify(module)});
    console.log(await createTokenCounter().count('hello world'));`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout.trim(), '2');
});
