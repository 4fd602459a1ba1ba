/** The audit log. */
export const messages = {
  'audit.about': 'Chi ha cambiato che cosa, e chi è stato respinto.',
  'audit.action': 'Chiamata',
  'audit.actor.api token': 'Token API',
  'audit.actor.key': 'Chiave virtuale',
  'audit.actor.nobody': 'Nessuno di noto',
  'audit.actor.operator': 'Token dell’operatore',
  'audit.actor.person': 'Con accesso',
  'audit.anyone': 'Tutti',
  'audit.at': 'Ora',
  'audit.ip': 'Indirizzo',
  'audit.none': 'Ancora nessun cambiamento',
  'audit.none.why':
    'Ogni chiamata che cambia qualcosa viene annotata qui, con chi l’ha fatta e da dove.',
  'audit.request': 'Richiesta',
  'audit.status': 'Risposta',
  'audit.subject': 'Riguarda',
  'audit.who': 'Chi',
};
