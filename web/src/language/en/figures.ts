/** The dashboard, the reports and the exploring of figures. */
export const messages = {
  'by.all': 'All',
  'by.explore': 'Explore',
  'by.key': 'Key',
  'by.model': 'Model',
  'by.provider': 'Provider',
  'by.provider_key': 'Provider key',
  'by.title': 'Split by',
  'by.user': 'User',
  'dashboard.about':
    '{days, plural, one {One day, compared with the day before} other {# days, compared with the # days before}}',
  'dashboard.about.alone':
    '{days, plural, one {One day. Nothing was metered the day before} other {# days. Nothing was metered in the # days before}}',
  'dashboard.balance.about': 'At the end of each day, for every key whose balance is known.',
  'dashboard.balance.chart': 'Balances in {currency}',
  'dashboard.balance.keys': '{count, plural, one {on # key} other {on # keys}}',
  'dashboard.balance.low': '{count, plural, one {# needs attention} other {# need attention}}',
  'dashboard.balance.none': 'No balance is known',
  'dashboard.balance.why':
    'Add a provider key: where the provider tells its balance, it is read and followed here.',
  'dashboard.cost.key': 'Cost per key',
  'dashboard.cost.model': 'Cost per model',
  'dashboard.cost.user': 'Cost per user',
  'dashboard.days': '{count, plural, one {# day} other {# days}}',
  'dashboard.empty': 'No requests in this period',
  'dashboard.empty.why':
    'Point your program at this address with a virtual key, and every call shows here with what it cost.',
  'dashboard.runway.about':
    'If spending goes on as over the last seven days. The span is wider the less even those days were.',
  'dashboard.runway.none': 'Nothing can be said yet',
  'dashboard.runway.span': '{low} to {high} days',
  'dashboard.runway.why':
    'It takes a known balance and a few days of spending to tell how long a key lasts.',
  'sides.about':
    'They see different calls: a provider also counts what never passed the gateway. So there is no sum of the two.',
  'sides.average.cost': 'Average cost of a request',
  'sides.average.requests': 'Average requests a day',
  'sides.chart': 'Cost a day, as metered and as reported',
  'sides.cost': 'Cost',
  'sides.gateway': 'Gateway',
  'sides.input': 'Input tokens',
  'sides.never': 'No provider has reported its usage yet.',
  'sides.output': 'Output tokens',
  'sides.provider': 'Providers',
  'sides.read': 'Reports of providers were read',
  'sides.requests': 'Requests',
  'sides.title': 'Metered here and reported by providers',
  'subject.balance': 'Provider balance',
  'subject.errors': 'Errors',
  'subject.requests': 'Requests',
  'subject.runway': 'Lowest runway',
  'subject.spend': 'Spend',
  'subject.tokens': 'Tokens',
  'subject.ttft_p95': 'p95 time to first token',
  'totals.about':
    'What went through this installation in the last {days} days, all callers together.',
  'totals.title': 'Totals',
};
