/** Ways in and out beside e-mail and password. */
export const messages = {
  'login.setup':
    'This installation has no owner yet. Whoever runs it opens the set-up link that the server printed at its first start.',
  'login.forgot':
    'Password forgotten? Whoever runs this installation can give you a link that sets a new one.',
  'login.key': 'Need a key for a program?',
  'login.key.action': 'Request one',
  'login.name.about':
    'On this network your name is enough. A name that has a password is opened by it only.',
  'request.about':
    'A virtual key for your programs, with rate limits and a monthly budget. Say whose it is.',
  'request.action': 'Request a key',
  'request.given': 'A key for {name}',
  'request.keys': 'Active keys of {name}',
  'request.look': 'Show the active keys of {name}',
  'request.none': 'None.',
  'request.note': 'Note',
  'request.note.about': 'What will use it. You may leave it empty.',
  'request.off':
    'Keys are not given out here without an account. Sign in and issue one, or ask whoever runs this installation.',
  'request.title': 'Request a key',
  'reset.about': 'Whoever is signed in to this account is signed out, everywhere.',
  'reset.action': 'Set the password',
  'reset.dead':
    'This link was used already, has expired, or was not copied whole. Ask whoever runs this installation for a new one.',
  'reset.done': 'Your new password is set. Sign in with it.',
  'reset.leave': 'Back to signing in',
  'reset.title': 'Choose a new password',
};
