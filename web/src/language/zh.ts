/** Every message in simplified Chinese. */
import { parts } from './zh/parts.ts';
import { setup } from './zh/setup.ts';
import { shell } from './zh/shell.ts';

export const messages = {
  ...parts,
  ...setup,
  ...shell,
};
