/** Setting up and arriving by a link. */
export const messages = {
  'setup.about': 'The first account runs this installation: its keys, people and money.',
  'setup.action': 'Become the owner',
  'setup.link':
    'Open the whole set-up link that the server printed at its first start. It works once.',
  'setup.over':
    'This installation has its owner already. Sign in, or ask the owner for an invitation.',
  'setup.title': 'Set up Tollkeeper',
  'setup.call': 'Make your first call',
  'setup.call.about': 'Put the key into a program and let it ask something, or ask from here.',
  'setup.call.lost':
    'The secret of {name} was shown once and is not here any more. Without it, make another: the one before ends at once.',
  'setup.call.nobody':
    'No provider key serves the gateway yet, so a call is refused. Add one under “Provider keys” whenever you like.',
  'setup.finish': 'To the dashboard',
  'setup.key': 'Issue your first virtual key',
  'setup.key.about':
    'Your programs send it in place of the provider’s key. What it may do can be changed at any time.',
  'setup.key.action': 'Issue the key',
  'setup.provider': 'Add your first provider key',
  'setup.provider.about':
    'It is tried at its provider before it is stored, which costs nothing. It is kept sealed.',
  'setup.secret': 'Make another secret',
  'setup.skip': 'Skip this',
  'setup.steps': 'Steps of setting up',
  'setup.step.call': 'First call',
  'setup.step.key': 'Virtual key',
  'setup.step.owner': 'Owner',
  'setup.step.provider': 'Provider key',
};
