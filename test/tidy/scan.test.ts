import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsIn, importsIn, scan } from './scan.ts';

const shapes = (text: string) => scan(text).map(({ kind, text: part }) => `${kind} ${part}`);
const spans = (text: string) =>
  functionsIn(scan(text)).map(({ name, line, lines }) => `${name} ${line}+${lines}`);

test('text inside strings, templates, comments and regular expressions is not code', () => {
  const source = [
    "const a = 'it\\'s { // not'; // a { comment",
    'const b = "} /* no"; /* { */ const c = /[/{"\']+\\/}/giu.test(b);',
    'const d = `{ $' + '{ a + `inner } $' + '{b}` } }`;',
    'const e = (1 + 2) / 3 / 4;',
  ].join('\n');
  const words = scan(source).filter(({ kind }) => kind === 'word');
  const kinds = Object.groupBy(scan(source), ({ kind }) => kind);
  assert.deepEqual(
    kinds.string?.map(({ text }) => text),
    ["it\\'s { // not", '} /* no'],
  );
  assert.deepEqual(
    kinds.comment?.map(({ text }) => text),
    ['// a { comment', '/* { */'],
  );
  assert.deepEqual(
    kinds.regex?.map(({ text }) => text),
    ['/[/{"\']+\\/}/giu'],
  );
  assert.deepEqual(
    kinds.template?.map(({ text }) => text),
    ['{ ', 'inner } ', ' }'],
  );
  const braces = kinds.punct?.filter(({ text }) => '{}'.includes(text)).map(({ text }) => text);
  assert.deepEqual(braces?.join(''), '{{}}');
  assert.deepEqual(
    words.filter(({ text }) => text === 'e').map(({ line }) => line),
    [4],
  );
});

test('a slash divides behind a value and begins a regular expression behind an operator or keyword', () => {
  assert.deepEqual(
    shapes('a / b / c').filter((shape) => shape.startsWith('regex')),
    [],
  );
  assert.deepEqual(shapes('x = /b/g').at(-1), 'regex /b/g');
  assert.deepEqual(shapes('return /b/').at(-1), 'regex /b/');
  assert.deepEqual(shapes('</p>'), ['punct <', 'punct /', 'word p', 'punct >']);
});

test('an apostrophe in the text of an element spoils no more than its line', () => {
  const source = "<p>Don't</p>\nconst after = 1;";
  assert.ok(shapes(source).includes('word after'));
});

test('lines are counted through templates, strings and comments', () => {
  const source = '/*\n\n*/ const a = `\n$' + '{1}\n`;\nlast';
  assert.equal(scan(source).at(-1)?.line, 6);
  assert.equal(scan(source).find(({ text }) => text === '1')?.line, 4);
});

test('functions, methods and arrow functions are found with their length, control blocks are not', () => {
  const source = [
    'function one(a: number): { b: number } {',
    '  if (a) {',
    '    return { b: a };',
    '  }',
    '}',
    'class K {',
    '  async two<T>(',
    '    x: T,',
    '  ): Promise<T> {',
    '    for await (const y of [x]) { return y; }',
    '    return x;',
    '  }',
    '}',
    'const three = async (a: string) => {',
    '  return a;',
    '};',
    'const four = (a: number) => a * 2;',
    'interface I { five(a: string): { b: number }; six(): void }',
    'const seven = x => {',
    '};',
  ].join('\n');
  assert.deepEqual(spans(source), ['one 1+5', 'two 7+6', 'arrow function 14+3', 'x 19+2']);
});

test('a chapter of a test file is no function, its tests are', () => {
  const source = "describe('room', () => {\n  test('holds', () => {\n  });\n});";
  assert.deepEqual(spans(source), ['arrow function 2+2']);
});

test('imports of every form are found, with the names they take', () => {
  const source = [
    "import { type A, b as c } from './one.ts';",
    "import type { D } from './two.ts';",
    "import './three.ts';",
    "import * as all from 'four';",
    "export { e } from './five.ts';",
    "export type { F } from './six.ts';",
    "export * from './seven.ts';",
    "const late = await import('./eight.ts');",
    "new Worker(new URL('./nine.ts', import.meta.url));",
    "export type G = 'ten' | 'eleven';",
    "// import './no.ts'",
    'const text = "import \'./no.ts\'";',
    "const entry = kind === 1 ? './ten.ts' : './eleven.ts';",
    "import { type H, I } from './twelve.ts';",
  ].join('\n');
  const found = importsIn(scan(source));
  assert.deepEqual(
    found.map(({ specifier }) => specifier),
    [
      './one.ts',
      './two.ts',
      './three.ts',
      'four',
      './five.ts',
      './six.ts',
      './seven.ts',
      './eight.ts',
      './nine.ts',
      './ten.ts',
      './eleven.ts',
      './twelve.ts',
    ],
  );
  assert.deepEqual(found[0]?.names, ['A', 'b']);
  assert.deepEqual(
    found.filter(({ isType }) => isType).map(({ specifier }) => specifier),
    ['./two.ts', './six.ts'],
  );
  assert.equal(found[8]?.line, 9);
});
