/** Every message in English; this catalog says which there are. An area is what a page loads; see `language.ts`. */
import { messages as audit } from './en/audit.ts';
import { messages as door } from './en/door.ts';
import { messages as figures } from './en/figures.ts';
import { messages as handOff } from './en/hand-off.ts';
import { messages as keys } from './en/keys.ts';
import { messages as models } from './en/models.ts';
import { messages as parts } from './en/parts.ts';
import { messages as people } from './en/people.ts';
import { messages as providerKeys } from './en/provider-keys.ts';
import { messages as reports } from './en/reports.ts';
import { messages as requests } from './en/requests.ts';
import { messages as setup } from './en/setup.ts';
import { messages as shell } from './en/shell.ts';
import { messages as stats } from './en/stats.ts';
import { messages as views } from './en/views.ts';
import { messages as virtualKeys } from './en/virtual-keys.ts';

export const areas = {
  audit,
  door,
  figures,
  'hand-off': handOff,
  keys,
  models,
  parts,
  people,
  reports,
  'provider-keys': providerKeys,
  requests,
  setup,
  shell,
  stats,
  views,
  'virtual-keys': virtualKeys,
};
