/** Models and their prices. */
import type { messages as english } from '../en/models.ts';

export const messages: Readonly<Record<keyof typeof english, string>> = {
  'models.about':
    'Dollari per milione di token, chi lo dice e quante volte ogni modello è stato usato nel periodo.',
  'models.all': 'Mostra tutti i {count}',
  'models.applied': 'Prezzi applicati alle richieste',
  'models.applied.about':
    'Un prezzo che cambia è un prezzo nuovo; ciò che fu calcolato prima tiene il suo.',
  'models.cached': 'Ingresso da cache',
  'models.fewer': 'Mostra meno',
  'models.input': 'Ingresso',
  'models.model': 'Modello',
  'models.nomatch': 'Nessun modello così',
  'models.nomatch.why': 'Nessun modello corrisponde. Togli il filtro.',
  'models.none': 'Nessun modello noto',
  'models.none.why':
    'Aggiungi una chiave che instradi le richieste: i modelli del suo fornitore compaiono qui con i loro prezzi.',
  'models.output': 'Uscita',
  'models.price': 'Prezzo',
  'models.provider': 'Fornitore',
  'models.requests': 'Richieste',
  'models.search': 'Cerca un modello',
  'models.since': 'Primo uso',
  'models.source': 'Prezzo da',
  'models.source.catalogue': 'Catalogo',
  'models.source.free': 'Server proprio, gratis',
  'models.source.none': 'Senza prezzo',
  'models.source.setting': 'Tua impostazione',
  'models.state': 'Tutti i modelli',
  'models.state.catalogue': 'Prezzo dal catalogo',
  'models.state.free': 'Gratis, su server proprio',
  'models.state.setting': 'Prezzo da tua impostazione',
  'models.state.unpriced': 'Senza un prezzo noto',
  'models.state.used': 'Usati in questo periodo',
  'models.unlisted': 'Non elencato',
  'models.unlisted.why': 'È stato richiesto, ma nessun fornitore qui lo elenca.',
  'models.unpriced': 'Di cui senza prezzo',
  'models.unpriced.about':
    'Il loro costo non è noto, quindi non sono in nessuna somma. Non vuol dire gratis.',
  'models.unpriced.how':
    'Dai loro un prezzo nelle impostazioni del server, in dollari per mille token:',
  'models.unpriced.times': '{count, plural, one {# richiesta} other {# richieste}}',
  'models.unpriced.title': 'Usati senza un prezzo noto',
};
