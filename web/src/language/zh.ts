/** Every message in simplified Chinese. */
import { parts } from './zh/parts.ts';
import { shell } from './zh/shell.ts';

export const messages = {
  ...parts,
  ...shell,
};
