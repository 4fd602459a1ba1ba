/** Every message in Italian. */
import { figures } from './it/figures.ts';
import { keys } from './it/keys.ts';
import { parts } from './it/parts.ts';
import { people } from './it/people.ts';
import { requests } from './it/requests.ts';
import { setup } from './it/setup.ts';
import { shell } from './it/shell.ts';
import { virtualKeys } from './it/virtual-keys.ts';

export const messages = {
  ...figures,
  ...keys,
  ...parts,
  ...people,
  ...requests,
  ...setup,
  ...shell,
  ...virtualKeys,
};
