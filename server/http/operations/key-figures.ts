/** How the provider keys of the installation fare, for a Prometheus scraper. Keys of members are their own business. */
import { Gauge, type Registry } from 'prom-client';
import { toDollars } from '../../../contract/money.ts';
import type { KeyStatus, Monitoring } from '../../monitoring/monitoring.ts';
import type { ProviderKey, ProviderKeys } from '../../provider-keys/provider-keys.ts';

export interface KeyFiguresDeps {
  readonly providerKeys: Pick<ProviderKeys, 'list'>;
  readonly monitoring: Pick<Monitoring, 'statuses'>;
}

/** An operator has a handful; with more than this, a scraper is not how they are watched. */
const KEYS_MAX = 500;

export function registerKeyFigures(registry: Registry, deps: KeyFiguresDeps): void {
  const labelNames = ['provider', 'credential'];
  const register = (
    about: { readonly name: string; readonly help: string },
    figureOf: (status: KeyStatus) => number | null,
  ): void => {
    new Gauge({
      ...about,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        for (const [key, status] of await statuses(deps)) {
          const figure = figureOf(status);
          if (figure !== null) this.set({ provider: key.platform, credential: key.id }, figure);
        }
      },
    });
  };
  register(
    {
      name: 'tollkeeper_provider_balance_usd',
      help: 'The last balance that was known, of keys that hold dollars; estimates included.',
    },
    ({ balance }) => (balance?.currency === 'USD' ? toDollars(balance.amount) : null),
  );
  register(
    {
      name: 'tollkeeper_provider_last_ok_timestamp_seconds',
      help: 'When the provider last said that the key is good.',
    },
    ({ lastOkAt }) => (lastOkAt === null ? null : lastOkAt / 1000),
  );
}

async function statuses({
  providerKeys,
  monitoring,
}: KeyFiguresDeps): Promise<readonly (readonly [ProviderKey, KeyStatus])[]> {
  const keys = providerKeys.list(null).slice(0, KEYS_MAX);
  const known = await monitoring.statuses(keys.map(({ id }) => id));
  return keys.flatMap((key) => {
    const status = known.get(key.id);
    return status === undefined ? [] : [[key, status] as const];
  });
}
