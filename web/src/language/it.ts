/** Every message in Italian. */
import { keys } from './it/keys.ts';
import { parts } from './it/parts.ts';
import { setup } from './it/setup.ts';
import { shell } from './it/shell.ts';

export const messages = {
  ...keys,
  ...parts,
  ...setup,
  ...shell,
};
