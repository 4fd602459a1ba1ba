import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTurn } from './turn.ts';

test('who asks in one turn of the event loop goes on together, step by step', async () => {
  const steps: string[] = [];
  const walk = async (name: string): Promise<void> => {
    await nextTurn();
    steps.push(`${name} reads`);
    await Promise.resolve();
    steps.push(`${name} writes`);
  };
  const both = [walk('one'), walk('other')];
  await Promise.resolve();
  assert.deepEqual(steps, [], 'nobody goes on before the turn has ended');
  await Promise.all(both);
  assert.deepEqual(steps, ['one reads', 'other reads', 'one writes', 'other writes']);
});

test('who asks when a turn has ended waits for the next one', async () => {
  const first = nextTurn();
  assert.equal(nextTurn(), first);
  await first;
  const second = nextTurn();
  assert.notEqual(second, first);
  await second;
});
