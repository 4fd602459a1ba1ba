/** Setting up, in Italian. */
export const messages = {
  'setup.about': 'Il primo account gestisce questa installazione: chiavi, persone e denaro.',
  'setup.action': 'Diventa proprietario',
  'setup.link':
    'Apri per intero il link di configurazione che il server ha mostrato al primo avvio. Vale una volta sola.',
  'setup.over': 'Questa installazione ha già un proprietario. Accedi, oppure chiedigli un invito.',
  'setup.title': 'Configura Tollkeeper',
  'setup.call': 'Fai la prima chiamata',
  'setup.call.about':
    'Metti la chiave in un programma e fagli chiedere qualcosa, oppure chiedi da qui.',
  'setup.call.lost':
    'Il segreto di {name} è stato mostrato una volta e qui non c’è più. Se non lo hai, creane un altro: quello di prima finisce subito.',
  'setup.call.nobody':
    'Nessuna chiave di fornitore serve ancora il gateway, quindi una chiamata viene rifiutata. Aggiungine una in «Chiavi dei fornitori» quando vuoi.',
  'setup.finish': 'Vai alla panoramica',
  'setup.key': 'Emetti la prima chiave virtuale',
  'setup.key.about':
    'I tuoi programmi la inviano al posto della chiave del fornitore. Ciò che può fare si cambia in ogni momento.',
  'setup.key.action': 'Emetti la chiave',
  'setup.provider': 'Aggiungi la prima chiave di un fornitore',
  'setup.provider.about':
    'Prima di essere conservata viene provata presso il fornitore, senza costi. Resta sigillata.',
  'setup.secret': 'Crea un altro segreto',
  'setup.skip': 'Salta',
  'setup.steps': 'Passi della configurazione',
  'setup.step.call': 'Prima chiamata',
  'setup.step.key': 'Chiave virtuale',
  'setup.step.owner': 'Proprietario',
  'setup.step.provider': 'Chiave del fornitore',
};
