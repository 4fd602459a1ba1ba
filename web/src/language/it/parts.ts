import type { parts as english } from '../en/parts.ts';

export const parts: Readonly<Record<keyof typeof english, string>> = {
  'change.down': '{share} in meno rispetto a prima',
  'change.flat': 'come prima',
  'change.none': 'nessun confronto',
  'change.up': '{share} in più rispetto a prima',
  'chart.asof': 'aggiornato al {at}',
  'chart.draw': 'Mostra il grafico',
  'chart.open': 'l’ultimo intervallo non è ancora concluso (tratteggiato)',
  'chart.other': 'Altro',
  'chart.table': 'Mostra la tabella',
  'chart.unpriced':
    '{count, plural, one {# richiesta senza prezzo noto} other {# richieste senza prezzo noto}}',
  'chart.utc': 'giorni UTC',
  'chart.when': 'Giorno',
  'export.csv': 'File CSV',
  'export.curl': 'Copia come curl',
  'export.json': 'File JSON',
  'export.title': 'Esporta',
  'table.after': 'Riga successiva',
  'table.before': 'Riga precedente',
  'table.columns': 'Colonne',
  'table.hide': 'Nascondi {column}',
  'table.newer': 'Più recenti',
  'table.older': 'Meno recenti',
  'table.rows': '{count, plural, =0 {Nessuna riga} one {# riga} other {# righe}}',
  'table.show': 'Mostra {column}',
};
