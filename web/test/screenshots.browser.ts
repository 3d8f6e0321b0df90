import { join } from 'node:path';
import { test } from 'vitest';
import { project } from './program';
import { visit } from './visit';

const folder = process.env['SCREENSHOTS'];

/** The pictures of the README and the docs: `make screenshots` makes them anew. */
const pictures: { name: string; path: string; width?: number; height?: number; dark?: boolean; full?: boolean }[] = [
  { name: 'dashboard', path: '' },
  { name: 'dashboard-dark', path: '?lang=fr&period=12m&pays=France', dark: true, full: true },
  { name: 'dashboard-phone', path: '', width: 360, height: 780 },
];

for (const picture of pictures) {
  test.skipIf(folder === undefined)(`picture of ${picture.name}`, async () => {
    const v = await visit(picture.path, { viewport: { width: picture.width ?? 1440, height: picture.height ?? 900 }, colorScheme: picture.dark ? 'dark' : 'light' });
    await v.page.screenshot({ path: join(project, folder ?? '', `${picture.name}.png`), fullPage: picture.full ?? false, animations: 'disabled' });
  });
}
