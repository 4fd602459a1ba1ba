/** How a virtual key is handed over, in Italian. */
export const messages = {
  'handoff.arrived': 'La prima chiamata è arrivata',
  'handoff.model': 'Modello',
  'handoff.new': '{name}: la tua nuova chiave virtuale',
  'handoff.one': 'Chiave virtuale',
  'handoff.refused': 'Una chiamata è arrivata ed è stata rifiutata',
  'handoff.rotated': '{name}: il nuovo segreto',
  'handoff.test': 'Fai una chiamata di prova',
  'handoff.test.bad': 'Rifiutata',
  'handoff.test.first': 'Funziona: la prima chiamata è arrivata',
  'handoff.test.good': 'Funziona',
  'handoff.tokens': '{input} in entrata, {output} in uscita',
  'handoff.waiting': 'In attesa della prima chiamata …',
  'handoff.waiting.why':
    'Esegui uno degli esempi o fai una chiamata di prova: apparirà qui da sola.',
};
