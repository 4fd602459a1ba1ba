/**
 * Pictures of every page at two widths, light and dark, in `shots/`: to be looked at by somebody. Addresses as arguments
 * make it those pages only, as `/stats?bucket=week`, and `--empty` leaves out the month of usage that pages are shown with.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  OPERATOR,
  open,
  openFurnishedStand,
  openStand,
  pagesOfApp,
  whyNoBrowser,
} from './stand.ts';

const FOLDER = join(import.meta.dirname, '../../shots');
const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'] as const;

const reason = whyNoBrowser();
if (reason !== undefined) throw new Error(reason);
const only = process.argv.slice(2).filter((word) => word.startsWith('/'));
const isEmpty = process.argv.includes('--empty');
const { doors, inside } = pagesOfApp();
/** The addresses of a page that are wanted. */
const wanted = (path: string): string[] =>
  only.length === 0 ? [path] : only.filter((address) => address.split('?')[0] === path);

mkdirSync(FOLDER, { recursive: true });
await using stand = await (isEmpty ? openStand() : openFurnishedStand());
for (const scheme of SCHEMES) {
  for (const width of WIDTHS) {
    const sets = [
      [doors, {}],
      [inside, { as: OPERATOR }],
    ] as const;
    for (const [paths, who] of sets) {
      const { page, close } = await stand.visit({ ...who, width, scheme });
      for (const address of paths.flatMap(wanted)) {
        await open(page, address);
        // A chart comes after its page.
        await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
        const name = address.slice(1).replaceAll(/[^\w-]+/g, '-');
        const file = `${name}${isEmpty ? '-empty' : ''}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(FOLDER, file), fullPage: true });
        process.stdout.write(`shots/${file}\n`);
      }
      await close();
    }
  }
}
