/** Setting up and arriving by a link. */
export const messages = {
  'setup.about': 'The first account runs this installation: its keys, people and money.',
  'setup.action': 'Become the owner',
  'setup.link':
    'Open the whole set-up link that the server printed at its first start. It works once.',
  'setup.over':
    'This installation has its owner already. Sign in, or ask the owner for an invitation.',
  'setup.title': 'Set up Tollkeeper',
};
