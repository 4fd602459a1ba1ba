/** Pictures of every page at two widths, light and dark, in `shots/`: to be looked at by somebody. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATOR, open, openStand, pagesOfApp, whyNoBrowser } from './stand.ts';

const FOLDER = join(import.meta.dirname, '../../shots');
const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'] as const;

const reason = whyNoBrowser();
if (reason !== undefined) throw new Error(reason);
const only = process.argv.slice(2);
const { doors, inside } = pagesOfApp();
const wanted = (path: string): boolean => only.length === 0 || only.includes(path);

mkdirSync(FOLDER, { recursive: true });
await using stand = await openStand();
for (const scheme of SCHEMES) {
  for (const width of WIDTHS) {
    const sets = [
      [doors, {}],
      [inside, { as: OPERATOR }],
    ] as const;
    for (const [paths, who] of sets) {
      const { page, close } = await stand.visit({ ...who, width, scheme });
      for (const path of paths.filter(wanted)) {
        await open(page, path);
        const file = `${path.slice(1)}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(FOLDER, file), fullPage: true });
        process.stdout.write(`shots/${file}\n`);
      }
      await close();
    }
  }
}
