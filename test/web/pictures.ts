/** The pictures of the README, from the month of the demo: run it when what they show has changed. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { OPERATOR, open, openFurnishedStand, whyNoBrowser } from './stand.ts';

const FOLDER = join(import.meta.dirname, '../../docs/pictures');

const reason = whyNoBrowser();
if (reason !== undefined) throw new Error(reason);
mkdirSync(FOLDER, { recursive: true });
await using stand = await openFurnishedStand();
const { page, close } = await stand.visit({ as: OPERATOR, width: 1280, scheme: 'light' });

async function settled(of: Page): Promise<void> {
  await of.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  await of.waitForLoadState('networkidle');
}

const picture = (name: string) => ({
  path: join(FOLDER, `${name}.png`),
  animations: 'disabled' as const,
});

await open(page, '/dashboard');
await settled(page);
await page.screenshot(picture('dashboard'));
for (const [path, row, name] of [
  ['/requests', 'claude-sonnet-5', 'request'],
  ['/keys', 'Shared account', 'provider-key'],
] as const) {
  await open(page, path);
  await settled(page);
  await page.getByText(row).first().click();
  const panel = page.getByRole('dialog');
  await panel.waitFor();
  await settled(page);
  await panel.screenshot(picture(name));
}
await close();
