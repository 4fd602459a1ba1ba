import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../client.ts';
import { fieldError, formProblem, isAtFault } from './field-errors.ts';

const problem = new Problem({
  detail: 'models.1: Too long',
  errors: [
    { field: 'models.1', detail: 'Too long' },
    { field: 'limits.max_concurrent', detail: 'Too big' },
  ],
});

test('what is wrong is told at its field, also where it is one of several things in it', () => {
  assert.equal(fieldError(problem, 'models'), 'Too long');
  assert.equal(fieldError(problem, 'limits.max_concurrent'), 'Too big');
  assert.equal(fieldError(problem, 'limits'), undefined);
  assert.equal(fieldError(new Error('models'), 'models'), undefined);
  assert.ok(isAtFault(problem, ['name', 'models']));
  assert.ok(!isAtFault(null, ['models']));
});

test('a form tells only what none of its fields does', () => {
  assert.equal(formProblem(problem, ['models']), null);
  assert.equal(formProblem(problem, ['name']), problem);
  assert.equal(formProblem(null, ['name']), null);
});
