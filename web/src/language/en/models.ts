/** Models and their prices. */
export const messages = {
  'models.about':
    'Dollars for a million tokens, who says so, and how often each model was used in the period.',
  'models.all': 'Show all {count}',
  'models.applied': 'Prices that requests were charged with',
  'models.applied.about':
    'A price that changes is a new one; what was priced before keeps its own.',
  'models.cached': 'Cached input',
  'models.fewer': 'Show fewer',
  'models.input': 'Input',
  'models.model': 'Model',
  'models.nomatch': 'No model like that',
  'models.nomatch.why': 'No model fits what you look for. Take the filter off.',
  'models.none': 'No models are known',
  'models.none.why':
    'Add a provider key that routes requests: the models that its provider lists are here with their prices.',
  'models.output': 'Output',
  'models.price': 'Price',
  'models.provider': 'Provider',
  'models.requests': 'Requests',
  'models.search': 'Find a model',
  'models.since': 'First used',
  'models.source': 'Price from',
  'models.source.catalogue': 'Catalogue',
  'models.source.free': 'Own server, free',
  'models.source.none': 'Unpriced',
  'models.source.setting': 'Your setting',
  'models.state': 'Every model',
  'models.state.catalogue': 'Priced by the catalogue',
  'models.state.free': 'Free, on an own server',
  'models.state.setting': 'Priced by your setting',
  'models.state.unpriced': 'Without a known price',
  'models.state.used': 'Used in this period',
  'models.unlisted': 'Not listed',
  'models.unlisted.why': 'It was asked for, but no provider here lists it.',
  'models.unpriced': 'Of these unpriced',
  'models.unpriced.about':
    'What they cost is not known, so they are in no sum of money. That does not mean free.',
  'models.unpriced.how':
    'Give them a price in the settings of the server, in dollars for a thousand tokens:',
  'models.unpriced.times': '{count, plural, one {# request} other {# requests}}',
  'models.unpriced.title': 'Used without a known price',
};
