/**
 * What the process has done since its start, for a Prometheus scraper. Every label has few values: vendors, models
 * that were served, routes, statuses. Callers cannot make a new one.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { nanos, toDollars, ZERO } from '../../../contract/money.ts';
import type { Records, UsageRecord } from '../../records/records.ts';
import { type KeyFiguresDeps, registerKeyFigures } from './key-figures.ts';

export interface Traffic {
  /** A call of the management surfaces was answered. */
  answered(call: { route: string; method: string; status: number }): void;
  /** Calls refused with 429. */
  readonly rateLimitHits: number;
  /** In the Prometheus text format. */
  text(): Promise<string>;
}

/** Of the format that {@link Traffic.text} is in. */
export const PROMETHEUS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export interface TrafficDeps extends KeyFiguresDeps {
  readonly records: Pick<Records, 'watch'>;
  readonly gateway: { inFlight(): number };
  readonly version: string;
}

/** Model names come from callers; past so many they are counted together, by vendor. */
const MODELS_MAX = 200;
const OTHER = 'other';

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export function createTraffic(deps: TrafficDeps): Traffic {
  const { records, gateway, version } = deps;
  const registry = new Registry();
  const gatewayFigures = createGatewayFigures(registry);
  const registers = [registry];
  const calls = new Counter({
    name: 'tollkeeper_http_requests_total',
    help: 'Calls of the management surfaces, by route.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  new Gauge({
    name: 'tollkeeper_inflight_requests',
    help: 'Requests of the gateway that are under way.',
    registers,
    collect() {
      this.set(gateway.inFlight());
    },
  });
  new Gauge({
    name: 'tollkeeper_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  registerKeyFigures(registry, deps);
  let rateLimitHits = 0;
  records.watch(gatewayFigures);
  return {
    answered({ route, method, status }) {
      calls.inc({ route, method, status });
      if (status === 429) rateLimitHits += 1;
    },
    get rateLimitHits() {
      return rateLimitHits;
    },
    text: () => registry.metrics(),
  };
}

/** What is counted for one model of one vendor. Costs are kept exact and become dollars when they are asked for. */
interface ModelFigures {
  readonly provider: string;
  readonly model: string;
  input: number;
  output: number;
  cost: typeof ZERO;
}

function createGatewayFigures(registry: Registry): (record: UsageRecord) => void {
  const registers = [registry];
  const models = new Map<string, ModelFigures>();
  const duration = new Histogram({
    name: 'tollkeeper_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['provider'],
    buckets: SECONDS,
    registers,
  });
  const firstToken = new Histogram({
    name: 'tollkeeper_time_to_first_token_seconds',
    help: 'From the arrival of a request to the first piece of its answer.',
    labelNames: ['provider'],
    buckets: SECONDS,
    registers,
  });
  registerModelFigures(registry, models);
  const ended = tallied(registry, {
    name: 'tollkeeper_gateway_requests_total',
    help: 'Requests of the gateway that have ended, by what became of them.',
    labelNames: ['provider', 'outcome', 'status'],
  });
  const rejected = tallied(registry, {
    name: 'tollkeeper_rejections_total',
    help: 'Requests that were refused before they reached a provider, by reason.',
    labelNames: ['reason'],
  });
  return (record) => {
    const provider = record.providerId ?? 'none';
    const { outcome, status } = record;
    ended(`${provider} ${outcome} ${status}`);
    if (outcome === 'refused') rejected(record.failure ?? `status_${status}`);
    if (record.providerId === null) return;
    duration.observe({ provider }, record.durationMs / 1000);
    if (record.ttftMs !== null) firstToken.observe({ provider }, record.ttftMs / 1000);
    count(models, provider, record);
  };
}

/** A counter that is only a number in a map until somebody asks: what is counted lies on the way of every request. */
function tallied(
  registry: Registry,
  about: { readonly name: string; readonly help: string; readonly labelNames: readonly string[] },
): (labels: string) => void {
  const tally = new Map<string, number>();
  const { labelNames } = about;
  new Counter({
    ...about,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, count] of tally) {
        const values = labels.split(' ');
        this.inc(Object.fromEntries(labelNames.map((name, at) => [name, values[at] ?? ''])), count);
      }
    },
  });
  return (labels) => tally.set(labels, (tally.get(labels) ?? 0) + 1);
}

function registerModelFigures(registry: Registry, models: ReadonlyMap<string, ModelFigures>): void {
  const registers = [registry];
  new Counter({
    name: 'tollkeeper_tokens_total',
    help: 'Tokens, as reported or counted; cached input and reasoning are parts of them.',
    labelNames: ['direction', 'provider', 'model'],
    registers,
    collect() {
      this.reset();
      for (const { provider, model, input, output } of models.values()) {
        this.inc({ direction: 'input', provider, model }, input);
        this.inc({ direction: 'output', provider, model }, output);
      }
    },
  });
  new Counter({
    name: 'tollkeeper_cost_usd_total',
    help: 'What the providers charge for it; requests without a price add nothing.',
    labelNames: ['provider', 'model'],
    registers,
    collect() {
      this.reset();
      for (const { provider, model, cost } of models.values()) {
        this.inc({ provider, model }, toDollars(cost));
      }
    },
  });
}

function count(models: Map<string, ModelFigures>, provider: string, record: UsageRecord): void {
  const { tokens, cost, model, status } = record;
  // A name that no provider served may be anything at all.
  const asked = model !== null && status < 400 ? model : OTHER;
  const isRoom = models.size < MODELS_MAX || models.has(`${provider} ${asked}`);
  const named = isRoom ? asked : OTHER;
  const key = `${provider} ${named}`;
  let figures = models.get(key);
  if (figures === undefined) {
    figures = { provider, model: named, input: 0, output: 0, cost: ZERO };
    models.set(key, figures);
  }
  figures.input += tokens.input ?? 0;
  figures.output += tokens.output ?? 0;
  if (cost !== null && Number.isSafeInteger(figures.cost + cost)) {
    figures.cost = nanos(figures.cost + cost);
  }
}
