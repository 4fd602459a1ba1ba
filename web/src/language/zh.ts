/** Every message in simplified Chinese. */
import { figures } from './zh/figures.ts';
import { keys } from './zh/keys.ts';
import { parts } from './zh/parts.ts';
import { people } from './zh/people.ts';
import { requests } from './zh/requests.ts';
import { setup } from './zh/setup.ts';
import { shell } from './zh/shell.ts';
import { virtualKeys } from './zh/virtual-keys.ts';

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
