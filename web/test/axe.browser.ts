import { expect, inject, test } from 'vitest';
import { expectedRows } from './program';
import { violations } from './violations';
import { visit } from './visit';

/** The pages, each in a state that shows what it has. */
const pages = [
  '',
  '?period=90d&pays=France&compare=year',
  '?segments.view=table&revenue.view=table&products.view=table&sizes.view=table',
  'clients?prob_reachat_12m__gte=0.5',
  `clients/${String(expectedRows(inject('data'), 'scores')[0]?.['id_client'])}`,
  'datasets',
  'datasets/client_scores?fields.open=segment_label,monetary_12m',
  'releases',
  'releases/1',
];

for (const look of [{ colorScheme: 'light', lang: 'en' }, { colorScheme: 'dark', lang: 'fr' }] as const) {
  test.for(pages)(`axe finds nothing, ${look.colorScheme} and in ${look.lang}: /%s`, async (path) => {
    const v = await visit(`${path}${path.includes('?') ? '&' : '?'}lang=${look.lang}`, { colorScheme: look.colorScheme });
    expect(await violations(v)).toEqual([]);
  });
}
