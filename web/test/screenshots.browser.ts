import { join } from 'node:path';
import { test } from 'vitest';
import { project } from './program';
import { visit } from './visit';

const folder = process.env['SCREENSHOTS'];

/** The pictures of the README and the docs: `make screenshots` makes them anew. */
const pictures: { name: string; path: string; dark?: boolean }[] = [
  { name: 'dashboard', path: '' },
  { name: 'dashboard-dark', path: '?lang=fr&period=90d&pays=France', dark: true },
  { name: 'client', path: 'clients/1060' },
  { name: 'dataset', path: 'datasets/client_scores?fields.open=segment_label,prob_reachat_12m' },
];

for (const picture of pictures) {
  test.skipIf(folder === undefined)(`picture of ${picture.name}`, async () => {
    const v = await visit(picture.path, { viewport: { width: 1440, height: 900 }, colorScheme: picture.dark ? 'dark' : 'light' });
    await v.page.screenshot({ path: join(project, folder ?? '', `${picture.name}.png`), animations: 'disabled' });
  });
}
