/** Every message in English; this catalog says which there are. */
import { figures } from './en/figures.ts';
import { keys } from './en/keys.ts';
import { parts } from './en/parts.ts';
import { people } from './en/people.ts';
import { requests } from './en/requests.ts';
import { setup } from './en/setup.ts';
import { shell } from './en/shell.ts';
import { virtualKeys } from './en/virtual-keys.ts';

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
