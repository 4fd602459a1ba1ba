/** The report of costs. */
import type { messages as english } from '../en/reports.ts';

export const messages: Readonly<Record<keyof typeof english, string>> = {
  'reports.about': 'Quanto è costato ogni utente, misurato dal gateway ai prezzi dei fornitori.',
  'reports.all': 'Mostra tutti i {count} utenti',
  'reports.both': 'Costo per giorno e utente',
  'reports.cost': 'Costo',
  'reports.cost.day': 'Costo del giorno',
  'reports.cost.sum': 'Costo fin qui',
  'reports.day': 'Costo per giorno',
  'reports.fewer': 'Mostra meno',
  'reports.none': 'Nessuna spesa in questo periodo',
  'reports.none.why':
    'Dai a qualcuno una chiave virtuale, o scegli un periodo precedente. L’uso viene sommato qui per utente e giorno.',
  'reports.requests': 'Richieste',
  'reports.share': 'Quota',
  'reports.tokens': 'Token',
  'reports.unpriced': '{count, plural, one {e # senza prezzo} other {e # senza prezzo}}',
  'reports.user': 'Costo per utente',
};
