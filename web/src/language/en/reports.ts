/** The report of costs. */
export const messages = {
  'reports.about': 'What each user cost, as metered by the gateway, at the providers’ prices.',
  'reports.all': 'Show all {count} users',
  'reports.both': 'Cost by day and user',
  'reports.cost': 'Cost',
  'reports.cost.day': 'Cost of the day',
  'reports.cost.sum': 'Cost so far',
  'reports.day': 'Cost by day',
  'reports.fewer': 'Show fewer',
  'reports.none': 'Nothing was spent in this period',
  'reports.none.why':
    'Give somebody a virtual key, or choose an earlier period. What they use is added up here by user and day.',
  'reports.requests': 'Requests',
  'reports.share': 'Share',
  'reports.tokens': 'Tokens',
  'reports.unpriced': '{count, plural, one {and # unpriced} other {and # unpriced}}',
  'reports.user': 'Cost by user',
};
