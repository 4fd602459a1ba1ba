/**
 * A small scanner for TypeScript. It knows strings, templates, comments and regular expressions, so that rules
 * can look at code without being fooled by text. Where the language is ambiguous (a slash, text inside JSX) it
 * guesses, and a wrong guess ends with the line.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'regex' | 'comment' | 'punct';
  /** Strings and templates without their quotes. */
  readonly text: string;
  readonly line: number;
}

/** A slash after one of these words begins a regular expression; after any other word it divides. */
const BEFORE_EXPRESSION = new Set(
  'return typeof case in of delete void throw new await yield else do instanceof extends'.split(
    ' ',
  ),
);
const WORD = /[\p{L}\p{N}_$#]+/uy;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\]?)+\/?[a-z]*/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const SPACE = /\s+/y;

/** Everything in the text, comments included, in order. */
export function scan(text: string): Token[] {
  return new Scanner(text).run();
}

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** One entry for each open brace: whether it belongs to `${`. */
  readonly #braces: boolean[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    while (this.#at < this.#text.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    if (this.#take(SPACE) !== undefined) return;
    const char = this.#text.charAt(this.#at);
    if (char === '/' && this.#push('comment', this.#take(COMMENT))) return;
    if ((char === "'" || char === '"') && this.#string()) return;
    if (char === '/' && this.#mayBeRegex() && this.#push('regex', this.#take(REGEX))) return;
    if (this.#push('word', this.#take(WORD))) return;
    this.#at += 1;
    if (char === '`') {
      this.#templatePart();
      return;
    }
    const isTemplateEnd = char === '}' && this.#braces.pop() === true;
    if (char === '{') this.#braces.push(false);
    this.#push('punct', char);
    if (isTemplateEnd) this.#templatePart();
  }

  /** Moves past the pattern if it stands here, and counts its lines. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.#at += found.length;
    this.#line += found.split('\n').length - 1;
    return found;
  }

  #push(kind: Token['kind'], text: string | undefined): boolean {
    if (text === undefined) return false;
    const line = this.#line - (text.split('\n').length - 1);
    this.#tokens.push({ kind, text, line });
    return true;
  }

  #string(): boolean {
    const quoted = this.#take(STRING);
    if (quoted === undefined) return false;
    const isClosed = quoted.length > 1 && quoted.at(-1) === quoted.at(0);
    return this.#push('string', quoted.slice(1, isClosed ? -1 : undefined));
  }

  /** From behind a backtick or the end of an insertion to the next insertion or the closing backtick. */
  #templatePart(): void {
    this.#push('template', this.#take(TEMPLATE_PART));
    if (this.#text.startsWith('${', this.#at)) {
      this.#braces.push(true);
      this.#at += 2;
      this.#push('punct', '{');
    } else {
      this.#at += 1;
    }
  }

  #mayBeRegex(): boolean {
    const before = this.#tokens.findLast(({ kind }) => kind !== 'comment');
    if (before === undefined) return true;
    if (before.kind === 'word') return BEFORE_EXPRESSION.has(before.text);
    // A slash behind `<` closes a JSX element.
    return before.kind === 'punct' && !')]}<'.includes(before.text);
  }
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  /** From the head to the closing brace. */
  readonly lines: number;
}

const CONTROL = new Set('if for while switch catch with'.split(' '));

/**
 * Every function, method and arrow function with a body in braces. The callbacks of `describe` and `suite`
 * are left out: they are chapters of a test file, not functions that anybody reads as one.
 */
export function functionsIn(tokens: readonly Token[]): FunctionSpan[] {
  const code = tokens.filter(({ kind }) => kind !== 'comment');
  const partners = bracketPartners(code);
  const found: FunctionSpan[] = [];
  code.forEach((token, index) => {
    if (token.kind !== 'punct') return;
    const isArrow = token.text === '=' && isPunct(code[index + 1], '>');
    const body = isArrow ? index + 2 : token.text === ')' ? bodyAfter(code, partners, index) : -1;
    if (!isPunct(code[body], '{')) return;
    const closes = isArrow ? index - 1 : index;
    const opens = isPunct(code[closes], ')') ? (partners.get(closes) ?? closes) : closes;
    const end = code[partners.get(body) ?? -1];
    if (end === undefined || (isArrow && isChapter(code, opens))) return;
    const head = isArrow ? opens : nameBefore(code, opens);
    if (!isArrow && isControl(code, head)) return;
    const start = code[head] ?? token;
    const name = start.kind === 'word' ? start.text : 'arrow function';
    found.push({ name, line: start.line, lines: end.line - start.line + 1 });
  });
  return found;
}

/** Where the body behind a parameter list would begin: after `)`, or after a result type. */
function bodyAfter(
  code: readonly Token[],
  partners: ReadonlyMap<number, number>,
  close: number,
): number {
  if (!isPunct(code[close + 1], ':')) return close + 1;
  let at = close + 2;
  for (; at < code.length; at += 1) {
    const token = code[at];
    if (token?.kind !== 'punct') continue;
    if (token.text === '{') {
      // Behind these an opening brace is still part of the type.
      const before = code[at - 1];
      if (before?.kind !== 'punct' || !':|&<,('.includes(before.text)) return at;
    }
    if (';=)]},'.includes(token.text)) return -1;
    if ('{(['.includes(token.text)) at = partners.get(at) ?? code.length;
  }
  return -1;
}

/** The word before a parameter list, past its type parameters. */
function nameBefore(code: readonly Token[], opens: number): number {
  let at = opens - 1;
  if (!isPunct(code[at], '>')) return at;
  for (let depth = 0; at > 0; at -= 1) {
    if (isPunct(code[at], '>') && !isPunct(code[at - 1], '=')) depth += 1;
    if (isPunct(code[at], '<')) depth -= 1;
    if (depth === 0) break;
  }
  return at - 1;
}

function isControl(code: readonly Token[], head: number): boolean {
  const word = code[head]?.text ?? '';
  return CONTROL.has(word) || (word === 'await' && code[head - 1]?.text === 'for');
}

/** Is the arrow function that starts here the second argument of `describe('…', …)`? */
function isChapter(code: readonly Token[], opens: number): boolean {
  const caller = code[opens - 4];
  return (
    isPunct(code[opens - 1], ',') &&
    isPunct(code[opens - 3], '(') &&
    (caller?.text === 'describe' || caller?.text === 'suite')
  );
}

function isPunct(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punct' && token.text === text;
}

function bracketPartners(code: readonly Token[]): Map<number, number> {
  const partners = new Map<number, number>();
  const open: number[] = [];
  code.forEach(({ kind, text }, index) => {
    if (kind !== 'punct') return;
    if ('([{'.includes(text)) open.push(index);
    if (')]}'.includes(text)) {
      const start = open.pop();
      if (start === undefined) return;
      partners.set(start, index);
      partners.set(index, start);
    }
  });
  return partners;
}

export interface ImportedModule {
  readonly specifier: string;
  /** What is taken by name; empty for `import * as`, side effects, dynamic imports and workers. */
  readonly names: readonly string[];
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
  readonly line: number;
}

/** The path of a source file beside or above, as workers are named. */
const SOURCE_PATH = /^\.{1,2}\/[\w./-]+\.ts$/;

/** Static and dynamic imports, re-exports, and every other string that is the path of a source file (a worker's). */
export function importsIn(tokens: readonly Token[]): ImportedModule[] {
  const code = tokens.filter(({ kind }) => kind !== 'comment');
  return code.flatMap((token, index): ImportedModule[] => {
    const [before, next, second] = [code[index - 1], code[index + 1], code[index + 2]];
    const plain = { names: [], isType: false, line: token.line };
    if (token.kind === 'string') {
      const isStatement = before?.text === 'from' || before?.text === 'import';
      const isFile = SOURCE_PATH.test(token.text) && !isStatement;
      const isCall = isPunct(before, '(') && code[index - 2]?.text === 'import';
      return isFile && !isCall ? [{ ...plain, specifier: token.text }] : [];
    }
    if (token.kind !== 'word') return [];
    if (token.text === 'import' && next?.kind === 'string') {
      return [{ ...plain, specifier: next.text }];
    }
    const isCall = isPunct(next, '(') && second?.kind === 'string';
    if (token.text === 'import' && isCall) return [{ ...plain, specifier: second.text }];
    return beginsImport(token, next) ? importFrom(code.slice(index + 1, index + 300), token) : [];
  });
}

function beginsImport(token: Token, next: Token | undefined): boolean {
  if (token.text === 'import') return !isPunct(next, '.') && !isPunct(next, '(');
  return (
    token.text === 'export' && (isPunct(next, '{') || isPunct(next, '*') || next?.text === 'type')
  );
}

/** The rest of `import … from '…'`, if that is what follows; `export type X = …` has no `from` before its end. */
function importFrom(code: readonly Token[], { line }: Token): ImportedModule[] {
  const names: string[] = [];
  let types = 0;
  for (const [index, token] of code.entries()) {
    const next = code[index + 1];
    if (token.kind === 'word' && token.text === 'from' && next?.kind === 'string') {
      const isType = code[0]?.text === 'type' || (types > 0 && types === names.length);
      const isAll = isPunct(code[0], '*');
      return [{ specifier: next.text, names: isAll ? [] : names, isType, line }];
    }
    if (token.kind === 'punct' && !'{},*'.includes(token.text)) return [];
    if (token.kind === 'string') return [];
    if (token.kind !== 'word' || token.text === 'as') continue;
    if (token.text === 'type') types += 1;
    // `a as b` takes one thing, by its first name.
    else if (code[index - 1]?.text !== 'as') names.push(token.text);
  }
  return [];
}
