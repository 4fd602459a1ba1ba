/** Work that comes round: what nobody asks for and somebody has to do. */
import type { Accounts } from './accounts/accounts.ts';
import { type Clock, DAY_MS, HOUR_MS } from './clock.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Log } from './log.ts';
import type { Monitoring } from './monitoring/monitoring.ts';
import type { Backups } from './storage/storage.ts';

const SWEEP_MS = 60_000;
const SNAPSHOT_MS = 300_000;
const NOTE_USES_MS = 60_000;
const CLEAR_MS = HOUR_MS;
/** A little more than a year, so that a yearly review sees all of it. */
const AUDIT_KEPT_MS = 400 * DAY_MS;
/** How often it is looked whether a provider key is due: oftener where probes come closer together than that. */
const WATCH_MS_MAX = 5_000;
const WATCH_MS_MIN = 500;

/** How often it is looked whether a backup is due. */
const BACKUP_LOOK_MS = 900_000;

export interface Chores {
  /** Stops them, and leaves the books so that the next start is quick. */
  close(): Promise<void>;
}

export interface ChoresRooms {
  readonly accounts: Pick<Accounts, 'keys' | 'sessions' | 'audit'>;
  readonly ledger: Ledger;
  readonly monitoring: Pick<Monitoring, 'tick' | 'tidy' | 'close'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WatchRule {
  /** Whether provider keys are looked at unasked. */
  readonly watches: boolean;
  /** How often those are probed that are. */
  readonly probeMs: number;
}

export function startChores(rooms: ChoresRooms, rule: WatchRule): Chores {
  const { accounts, ledger, monitoring, clock, log } = rooms;
  const sweep = (): void => {
    for (const hold of ledger.sweep()) {
      log.warn({ hold: hold.id, amount: hold.amount }, 'a hold outlived its time and was released');
    }
  };
  const snapshot = async (): Promise<void> => {
    try {
      await ledger.snapshot();
    } catch (error) {
      // Nothing is lost: the next start reads more entries.
      log.warn({ err: error }, 'the balances could not be noted');
    }
  };
  const noteUses = async (): Promise<void> => {
    try {
      await accounts.keys.noteUses();
    } catch (error) {
      // They are noted again the next time.
      log.warn({ err: error }, 'when keys were used could not be noted');
    }
  };
  const clear = async (): Promise<void> => {
    try {
      await accounts.sessions.sweep();
      await accounts.audit.prune(clock.now() - AUDIT_KEPT_MS);
      await monitoring.tidy();
    } catch (error) {
      // What is over opens nothing, and goes the next time.
      log.warn({ err: error }, 'what is over could not be cleared away');
    }
  };
  const stopClearing = clock.every(CLEAR_MS, () => void clear());
  // A look comes up to its interval late, which should not be much of what it looks for.
  const watchMs = Math.min(WATCH_MS_MAX, Math.max(WATCH_MS_MIN, rule.probeMs / 2));
  const stopWatching = rule.watches
    ? clock.every(watchMs, () => void monitoring.tick())
    : () => undefined;
  const stopSweep = clock.every(SWEEP_MS, sweep);
  const stopSnapshot = clock.every(SNAPSHOT_MS, () => void snapshot());
  const stopNoting = clock.every(NOTE_USES_MS, () => void noteUses());
  return {
    async close() {
      stopSweep();
      stopSnapshot();
      stopNoting();
      stopClearing();
      stopWatching();
      await monitoring.close();
      await noteUses();
      // A snapshot reaches up to the one before it.
      await snapshot();
      await snapshot();
    },
  };
}

/**
 * Copies the database from time to time.
 *
 * @param rule.intervalMs 0: never
 * @returns a way to stop; resolves when a copy that is under way is done
 */
export function startBackups(
  { backups, clock, log }: { backups: Backups; clock: Clock; log: Log },
  rule: { readonly intervalMs: number; readonly keep: number },
): () => Promise<void> {
  let underWay: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const made = await backups.makeIfDue(rule);
      if (made !== null) log.info({ backup: made.name, bytes: made.bytes }, 'a backup was made');
    } catch (error) {
      // It is tried again at the next look; the operator hears of it each time.
      log.error({ err: error }, 'the backup failed');
    }
  };
  const stop =
    rule.intervalMs === 0
      ? () => undefined
      : clock.every(BACKUP_LOOK_MS, () => {
          underWay = underWay.then(look);
        });
  return async () => {
    stop();
    await underWay;
  };
}
