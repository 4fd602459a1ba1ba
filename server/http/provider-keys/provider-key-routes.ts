import type { z } from 'zod';
import type {
  keyTrialResult,
  PROVIDER_KEYS_API,
  platforms,
  providerKey,
  providerKeyChange,
  providerKeys as providerKeyList,
} from '../../../contract/api/provider-keys-api.ts';
import { type Nanos, toDollars } from '../../../contract/money.ts';
import type { Clock } from '../../clock.ts';
import { wrongField } from '../../failure.ts';
import type {
  KeyChange,
  ProviderKey,
  ProviderKeys,
  Purposes,
} from '../../provider-keys/provider-keys.ts';
import { type Account, type Ask, findProvider, providers } from '../../providers/providers.ts';
import type { AskedFor } from '../answering.ts';
import { ownerOf } from '../callers.ts';
import { exactDollars } from '../formats/dollars.ts';
import { sendExport } from '../formats/export.ts';
import { chosenKeys, keyFile } from './provider-key-list.ts';
import {
  keyFor,
  keyReply,
  scopeOf,
  statusOf,
  type Watcher,
  withStatus,
} from './provider-key-replies.ts';

export interface ProviderKeyDeps {
  readonly providerKeys: Pick<
    ProviderKeys,
    'list' | 'find' | 'add' | 'change' | 'remove' | 'trial'
  >;
  readonly monitoring: Watcher;
  readonly clock: Pick<Clock, 'now'>;
}

export function providerKeyHandlers({ providerKeys, monitoring, clock }: ProviderKeyDeps) {
  const shown = async (key: ProviderKey): Promise<z.output<typeof providerKey>> =>
    keyReply(key, await statusOf(key, monitoring));
  return {
    async list({
      query,
      caller,
      reply,
    }: AskedFor<typeof PROVIDER_KEYS_API.list>): Promise<z.output<typeof providerKeyList>> {
      const keys = await withStatus(providerKeys.list(scopeOf(caller)), monitoring);
      const data = chosenKeys(
        keys.map(({ key, status }) => keyReply(key, status)),
        query,
      );
      if (query.format === undefined) return { data };
      // The file goes past the schema of the reply.
      return sendExport(reply, query.format, keyFile(data));
    },

    async add({
      body,
      caller,
    }: AskedFor<typeof PROVIDER_KEYS_API.add>): Promise<z.output<typeof providerKey>> {
      const key = await providerKeys.add({
        owner: ownerOf(caller),
        platform: body.platform,
        name: body.name,
        secret: body.key,
        description: body.description ?? null,
        base: body.base_url ?? null,
        purposes: purposesIn(body.purposes ?? ['watch']),
        thresholdNanos: thresholdIn(body.threshold_usd ?? null),
        checkIntervalMinutes: body.check_interval_minutes ?? null,
        probe: body.probe ?? false,
        probeModel: body.probe_model ?? null,
      });
      return await shown(key);
    },

    async test({
      body,
    }: AskedFor<typeof PROVIDER_KEYS_API.test>): Promise<z.output<typeof keyTrialResult>> {
      const { platform, key: secret, base_url: base = null } = body;
      const { provider, ask } = providerKeys.trial({ platform, secret, base });
      return await tried(provider.account, ask);
    },

    async one({
      params,
      caller,
    }: AskedFor<typeof PROVIDER_KEYS_API.one>): Promise<z.output<typeof providerKey>> {
      return await shown(keyFor(caller, params.id, providerKeys));
    },

    async change({
      params,
      body,
      caller,
    }: AskedFor<typeof PROVIDER_KEYS_API.change>): Promise<z.output<typeof providerKey>> {
      const { id } = keyFor(caller, params.id, providerKeys);
      return await shown(await providerKeys.change(id, changeIn(body, clock.now())));
    },

    async remove({ params, caller }: AskedFor<typeof PROVIDER_KEYS_API.remove>): Promise<void> {
      await providerKeys.remove(keyFor(caller, params.id, providerKeys).id);
    },

    platforms: () => PLATFORMS,
  };
}

const CUSTOM = findProvider('custom');
const PLATFORMS: z.output<typeof platforms> = [
  ...providers,
  ...(CUSTOM === undefined ? [] : [CUSTOM]),
].map((provider) => ({
  id: provider.id,
  name: provider.name,
  supports: {
    balance: provider.account.balance !== undefined,
    usage: provider.account.usage !== undefined,
    validate: true,
    route: true,
  },
  base_url_needed: provider === CUSTOM,
}));

function purposesIn(named: readonly ('watch' | 'route')[]): Purposes {
  return { watch: named.includes('watch'), route: named.includes('route') };
}

function thresholdIn(value: string | number | null): Nanos | null {
  if (value === null) return null;
  const amount = exactDollars(value, 'threshold_usd');
  if (amount >= 0) return amount;
  const sentence = 'threshold_usd must be 0 or more.';
  throw wrongField('threshold_usd', sentence);
}

/** Clocks differ by a little; an anchor further ahead is a mistake. */
const AHEAD_MS = 300_000;

function changeIn(body: z.output<typeof providerKeyChange>, now: number): KeyChange {
  const { purposes, threshold_usd, check_interval_minutes, is_active, anchor, key, base_url } =
    body;
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.probe !== undefined && { probe: body.probe }),
    ...(body.probe_model !== undefined && { probeModel: body.probe_model }),
    ...(purposes !== undefined && { purposes: purposesIn(purposes) }),
    ...(threshold_usd !== undefined && { thresholdNanos: thresholdIn(threshold_usd) }),
    ...(check_interval_minutes !== undefined && { checkIntervalMinutes: check_interval_minutes }),
    ...(is_active !== undefined && { isActive: is_active }),
    ...(anchor !== undefined && { anchor: anchor === null ? null : anchorIn(anchor, now) }),
    ...(key !== undefined && { secret: key }),
    ...(base_url !== undefined && { base: base_url }),
  };
}

function anchorIn(anchor: { amount_usd: string | number; at: string }, now: number) {
  const at = Date.parse(anchor.at);
  if (at > now + AHEAD_MS) {
    const sentence = 'anchor.at lies in the future.';
    throw wrongField('anchor.at', sentence);
  }
  return { amount: exactDollars(anchor.amount_usd, 'anchor.amount_usd'), at: Math.min(at, now) };
}

async function tried(account: Account, ask: Ask): Promise<z.output<typeof keyTrialResult>> {
  const reading = await account.validate(ask);
  const { verdict, message, kind } = reading;
  const money =
    verdict === 'valid' && account.balance !== undefined ? await account.balance(ask) : null;
  const balance = money?.balance ?? null;
  return {
    valid: verdict === 'valid',
    verdict,
    message,
    kind,
    balance: balance === null ? null : toDollars(balance),
    currency: balance === null ? null : (money?.currency ?? null),
  };
}
