/** Every message in Italian. */
import { parts } from './it/parts.ts';
import { setup } from './it/setup.ts';
import { shell } from './it/shell.ts';

export const messages = {
  ...parts,
  ...setup,
  ...shell,
};
