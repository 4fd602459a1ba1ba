/** The dashboard, the reports and the exploring of figures. */
export const messages = {
  'by.all': 'Totale',
  'by.explore': 'Esplora',
  'by.key': 'Chiave',
  'by.model': 'Modello',
  'by.provider': 'Fornitore',
  'by.provider_key': 'Chiave del fornitore',
  'by.title': 'Suddividi per',
  'by.user': 'Utente',
  'dashboard.about':
    '{days, plural, one {Un giorno, a confronto con quello precedente} other {# giorni, a confronto con i # precedenti}}',
  'dashboard.about.alone':
    '{days, plural, one {Un giorno. Nel giorno precedente non è stato misurato nulla} other {# giorni. Nei # precedenti non è stato misurato nulla}}',
  'dashboard.balance.about': 'Alla fine di ogni giorno, per ogni chiave di cui è noto il saldo.',
  'dashboard.balance.chart': 'Saldi in {currency}',
  'dashboard.balance.keys': '{count, plural, one {su # chiave} other {su # chiavi}}',
  'dashboard.balance.low':
    '{count, plural, one {# richiede attenzione} other {# richiedono attenzione}}',
  'dashboard.balance.none': 'Nessun saldo noto',
  'dashboard.balance.why':
    'Aggiungi una chiave di un fornitore: se il fornitore comunica il saldo, qui viene letto e seguito nel tempo.',
  'dashboard.cost.key': 'Costo per chiave',
  'dashboard.cost.model': 'Costo per modello',
  'dashboard.cost.user': 'Costo per utente',
  'dashboard.days': '{count, plural, one {# giorno} other {# giorni}}',
  'dashboard.empty': 'Nessuna richiesta in questo periodo',
  'dashboard.empty.why':
    'Indirizza qui il tuo programma con una chiave virtuale: ogni chiamata compare con il suo costo.',
  'dashboard.runway.about':
    'Se la spesa prosegue come negli ultimi sette giorni. L’intervallo è più ampio quanto meno regolari sono stati.',
  'dashboard.runway.none': 'Ancora nulla da dire',
  'dashboard.runway.span': 'da {low} a {high} giorni',
  'dashboard.runway.why':
    'Servono un saldo noto e qualche giorno di spesa per dire quanto dura una chiave.',
  'sides.about':
    'Vedono chiamate diverse: il fornitore conta anche ciò che non è passato dal gateway. Perciò non si sommano.',
  'sides.average.cost': 'Costo medio di una richiesta',
  'sides.average.requests': 'Richieste medie al giorno',
  'sides.chart': 'Costo al giorno, misurato e dichiarato',
  'sides.cost': 'Costo',
  'sides.gateway': 'Gateway',
  'sides.input': 'Token in ingresso',
  'sides.never': 'Nessun fornitore ha ancora dichiarato il suo uso.',
  'sides.output': 'Token in uscita',
  'sides.provider': 'Fornitori',
  'sides.read': 'Dati dei fornitori letti',
  'sides.requests': 'Richieste',
  'sides.title': 'Misurato qui e dichiarato dai fornitori',
  'subject.balance': 'Saldo presso i fornitori',
  'subject.errors': 'Errori',
  'subject.requests': 'Richieste',
  'subject.runway': 'Autonomia minima',
  'subject.spend': 'Spesa',
  'subject.tokens': 'Token',
  'subject.ttft_p95': 'p95 del primo token',
  'totals.about':
    'Quanto è passato da questa installazione negli ultimi {days} giorni, tutti i chiamanti insieme.',
  'totals.title': 'Totali',
};
