/** How a virtual key is handed over. */
export const messages = {
  'handoff.arrived': 'Your first call arrived',
  'handoff.model': 'Model',
  'handoff.new': '{name}: your new virtual key',
  'handoff.one': 'Virtual key',
  'handoff.refused': 'A call arrived and was refused',
  'handoff.rotated': '{name}: the new secret',
  'handoff.test': 'Make a test call',
  'handoff.test.bad': 'Refused',
  'handoff.test.first': 'It works: your first call arrived',
  'handoff.test.good': 'It works',
  'handoff.tokens': '{input} in, {output} out',
  'handoff.waiting': 'Waiting for your first call …',
  'handoff.waiting.why':
    'Run one of the snippets, or make a test call. It shows up here by itself.',
};
