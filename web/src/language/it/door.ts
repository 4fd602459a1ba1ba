/** Ways in and out beside e-mail and password, in Italian. */
export const messages = {
  'login.setup':
    'Questa installazione non ha ancora un proprietario. Chi la gestisce apra il collegamento di configurazione che il server ha stampato al primo avvio.',
  'login.forgot':
    'Password dimenticata? Chi gestisce questa installazione può darti un link per sceglierne una nuova.',
  'login.key': 'Ti serve una chiave per un programma?',
  'login.key.action': 'Richiedila',
  'login.name.about':
    'In questa rete basta il tuo nome. Un nome che ha una password si apre solo con quella.',
  'request.about':
    'Una chiave virtuale per i tuoi programmi, con limiti di frequenza e un budget mensile. Di’ di chi è.',
  'request.action': 'Richiedi una chiave',
  'request.given': 'Una chiave per {name}',
  'request.keys': 'Chiavi attive di {name}',
  'request.look': 'Mostra le chiavi attive di {name}',
  'request.none': 'Nessuna.',
  'request.note': 'Nota',
  'request.note.about': 'Che cosa la userà. Puoi lasciarla vuota.',
  'request.off':
    'Qui non si danno chiavi senza un account. Accedi ed emettine una, o chiedi a chi gestisce questa installazione.',
  'request.title': 'Richiedi una chiave',
  'reset.about': 'Chi ha già effettuato l’accesso a questo account ne esce, ovunque.',
  'reset.action': 'Imposta la password',
  'reset.dead':
    'Questo link è già stato usato, è scaduto o non è stato copiato per intero. Chiedine uno nuovo a chi gestisce questa installazione.',
  'reset.done': 'La nuova password è impostata. Usala per accedere.',
  'reset.leave': 'Torna all’accesso',
  'reset.title': 'Scegli una nuova password',
};
