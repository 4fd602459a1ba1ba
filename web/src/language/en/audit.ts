/** The audit log. */
export const messages = {
  'audit.about': 'Who changed what, and who was refused.',
  'audit.action': 'Call',
  'audit.actor.api token': 'API token',
  'audit.actor.key': 'Virtual key',
  'audit.actor.nobody': 'Nobody known',
  'audit.actor.operator': 'Operator’s token',
  'audit.actor.person': 'Signed in',
  'audit.anyone': 'Everybody',
  'audit.at': 'Time',
  'audit.ip': 'Address',
  'audit.none': 'Nothing was changed yet',
  'audit.none.why':
    'Every call that changes something is written down here, with who made it and from where.',
  'audit.request': 'Request',
  'audit.status': 'Answer',
  'audit.subject': 'About',
  'audit.who': 'Who',
};
