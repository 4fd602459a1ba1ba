/** The filter of the API by which each group is chosen. */
export const GROUP_FILTERS = {
  user_id: 'user',
  key_id: 'key',
  model: 'model',
  provider: 'provider',
  provider_key_id: 'provider_key',
} as const;

export type GroupFilter = keyof typeof GROUP_FILTERS;
export type Source = 'gateway' | 'provider';
