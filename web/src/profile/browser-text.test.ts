import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserText } from './browser-text.ts';

const KIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test('a browser is called by its name and its system, and a program by what it says', () => {
  for (const [agent, text] of [
    [
      `Mozilla/5.0 (X11; Linux x86_64) ${KIT} HeadlessChrome/156.0.0.0 Safari/537.36`,
      'Chrome · Linux',
    ],
    [`Mozilla/5.0 (Windows NT 10.0) ${KIT} Chrome/156.0 Safari/537.36 Edg/156.0`, 'Edge · Windows'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox · macOS',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${KIT} Version/19.0 Mobile Safari/604.1`,
      'Safari · iOS',
    ],
    [
      `Mozilla/5.0 (Linux; Android 16) ${KIT} Chrome/156.0 Mobile Safari/537.36`,
      'Chrome · Android',
    ],
    ['curl/8.14.1', 'curl/8.14.1'],
    ['node', 'node'],
  ] as const) {
    assert.equal(browserText(agent), text);
  }
});
