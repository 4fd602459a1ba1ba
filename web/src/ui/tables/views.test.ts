import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renamedView, searchOf, viewIn, withoutView, withView } from './views.ts';

const PAGE = {
  views: [
    { name: 'refused', search: 'outcome=refused' },
    { name: 'dear', search: 'model=m&sort=-cost' },
  ],
  default_view: 'refused',
};

test('a view keeps filters, order and columns, and neither page nor open row', () => {
  const state = { sort: '-cost', model: 'm', row: 'req_1', cursor: 'c', trail: '~' };
  assert.equal(searchOf(state), 'model=m&sort=-cost');
  assert.equal(viewIn(PAGE, state)?.name, 'dear');
  assert.equal(viewIn(PAGE, { model: 'other' }), null);
  assert.equal(viewIn(null, state), null);
});

test('a name is there once, and the page forgets a view that is gone', () => {
  const saved = withView(PAGE, { name: 'dear', search: 'q=x' });
  assert.deepEqual(
    saved.views.map(({ name, search }) => [name, search]),
    [
      ['refused', 'outcome=refused'],
      ['dear', 'q=x'],
    ],
  );
  const gone = withoutView(PAGE, 'refused');
  assert.deepEqual([gone.views.length, gone.default_view], [1, null]);
  const renamed = renamedView(PAGE, 'refused', 'no');
  assert.deepEqual([renamed.views[0]?.name, renamed.default_view], ['no', 'no']);
});
