/** Setting up, in Italian. */
export const messages = {
  'setup.about': 'Il primo account gestisce questa installazione: chiavi, persone e denaro.',
  'setup.action': 'Diventa proprietario',
  'setup.link':
    'Apri per intero il link di configurazione che il server ha mostrato al primo avvio. Vale una volta sola.',
  'setup.over': 'Questa installazione ha già un proprietario. Accedi, oppure chiedigli un invito.',
  'setup.title': 'Configura Tollkeeper',
};
