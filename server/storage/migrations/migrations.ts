import type { Migration } from 'kysely/migration';
import * as firstLight from './0001-first-light.ts';
import * as ledger from './0002-ledger.ts';
import * as limits from './0003-limits.ts';
import * as userEmail from './0004-user-email.ts';
import * as people from './0005-people.ts';
import * as virtualKeyRules from './0006-virtual-key-rules.ts';
import * as vault from './0007-vault.ts';
import * as providerKeys from './0008-provider-keys.ts';
import * as monitoring from './0009-monitoring.ts';
import * as rollUps from './0010-roll-ups.ts';
import * as preferences from './0011-preferences.ts';
import * as refusals from './0012-refusals.ts';
import * as probeModel from './0013-probe-model.ts';
import * as auditFilters from './0014-audit-filters.ts';
import * as spent from './0015-spent.ts';
import * as erasedAccounts from './0016-erased-accounts.ts';
import * as newSecrets from './0017-new-secrets.ts';
import * as serviceTier from './0018-service-tier.ts';
import * as formerKeys from './0019-former-keys.ts';

/** Every step of the schema, forward only; number and slug are the identity and never change. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first-light': firstLight,
  '0002-ledger': ledger,
  '0003-limits': limits,
  '0004-user-email': userEmail,
  '0005-people': people,
  '0006-virtual-key-rules': virtualKeyRules,
  '0007-vault': vault,
  '0008-provider-keys': providerKeys,
  '0009-monitoring': monitoring,
  '0010-roll-ups': rollUps,
  '0011-preferences': preferences,
  '0012-refusals': refusals,
  '0013-probe-model': probeModel,
  '0014-audit-filters': auditFilters,
  '0015-spent': spent,
  '0016-erased-accounts': erasedAccounts,
  '0017-new-secrets': newSecrets,
  '0018-service-tier': serviceTier,
  '0019-former-keys': formerKeys,
};
