import { expect, inject, test } from 'vitest';
import { by, largest, near, ofCards } from './near';
import { expectedFigures, expectedRows, question, sample } from './program';
import { visit } from './visit';

// What the page shows, read from its elements, beside what another program computed from the same files.

const data = inject('data');
const shares = ['clients', 'ca_12m', 'value_at_risk_12m'];

/** The value that a question asks for. */
function asked(url: string, parameter: string): string {
  return new URL(url, 'http://x').searchParams.get(parameter) ?? '';
}

test('every figure of the page is what another program computed', async () => {
  const v = await visit();
  near(await v.cards(), ofCards(expectedFigures(data)));
  near(await v.values('countries', 'total_ca'), by(expectedRows(data, 'by_country'), 'pays', 'ca'));
  const products = by(expectedRows(data, 'by_product'), 'produit', 'ca');
  near(await v.values('products', 'total_ca'), largest(products, 10));
  expect(await v.widget('products').locator('[data-metric="others"]').getAttribute('data-value')).toBe(String(Object.keys(products).length - 10));
  for (const field of shares) near(await v.values('segments', field), by(expectedRows(data, 'segments'), 'segment_label', field));
  await v.table('revenue');
  near(await v.values('revenue', 'total_ca'), by(expectedRows(data, 'monthly'), 'mois', 'ca'));
  await v.table('sizes');
  near(await v.values('sizes', 'count'), by(expectedRows(data, 'distribution'), 'bucket', 'count'));
});

/** What a client of each month of a first purchase buys in the first 30 days, to the unit, as pandas has it. */
const firstDays = {
  retail: [690, 556, 442, 478, 432, 462, 432, 433, 545, 565, 546, 456, 660],
  sample: [693, 486, 432, 543, 406, 533, 429, 494, 495, 489, 645, 635, 490, 679, 555, 672, 479, 620, 509, 644, 531, 428, 455, 680, 254],
};

test('cohorts are compared at the same age, by the clients of each', async () => {
  const v = await visit('?period=12m');
  const widget = v.widget('cohorts');
  await widget.scrollIntoViewIfNeeded();
  await v.ready();
  const figures = async (): Promise<Record<string, number>> => v.values('cohorts', 'each');
  const alone = await figures();
  const [months, want] = [expectedRows(data, 'cohort'), data === sample ? firstDays.sample : firstDays.retail];
  const cohorts = months.map((row) => String(row['first_purchase_month']));
  expect(cohorts.map((cohort) => Math.round(alone[`${cohort},0`] ?? NaN))).toEqual(want);
  // Of all time, whatever the page's period: the sum of all ages is what the clients of a cohort ever bought.
  await widget.locator('.toggle').click();
  await v.ready();
  const together = await figures();
  near(Object.fromEntries(cohorts.map((cohort) => [cohort, Math.max(...Object.entries(together).filter(([key]) => key.startsWith(`${cohort},`)).map(([, value]) => value))])), Object.fromEntries(months.map((row) => [String(row['first_purchase_month']), Number(row['ca']) / Number(row['clients'])])));
  // The ages that the data do not cover for all of a cohort are marked, and so is the cohort that may hold older clients.
  const last = cohorts.at(-1) ?? '';
  expect(await widget.locator(`[data-key="${last},0"][data-partial]`).count()).toBe(1);
  expect(await widget.locator(`[data-key="${cohorts[0] ?? ''},0"]:not([data-partial])`).count()).toBe(1);
  expect(await widget.locator('[data-before]').getAttribute('data-cohort')).toBe(cohorts[0]);
  const csv = await v.page.request.get(new URL(await widget.locator('[data-action="csv"]').getAttribute('href') ?? '', v.page.url()).href);
  expect((await csv.text()).trim().split('\n').length).toBeGreaterThanOrEqual(Object.keys(alone).length);
  await v.table('cohorts');
  near(await v.values('cohorts', 'each'), alone);
});

test('of concentration, a longer bar is a larger part', async () => {
  const v = await visit();
  await v.widget('concentration').scrollIntoViewIfNeeded();
  await v.ready();
  const bars = await v.widget('concentration').locator('.concentration-parts li').evaluateAll((all) => all.map((li) => {
    const track = li.querySelector('.concentration-bar');
    return { track: track?.getBoundingClientRect().width ?? 0, drawn: track?.firstElementChild?.getBoundingClientRect().width ?? 0, part: Number(li.querySelector('[data-metric="part"]')?.getAttribute('data-value')) };
  }));
  expect(bars).toHaveLength(5);
  for (const { track, drawn, part } of bars) {
    expect(track).toBe(bars[0]?.track);
    expect(drawn / track).toBeCloseTo(part, 2);
  }
});

test('a country filters every widget', async () => {
  const { url, figures } = question(data, /^\/kpis\?pays=(?!Nowhere)/);
  const v = await visit();
  await v.choose('pays', asked(url, 'pays'));
  near(await v.cards(), ofCards(figures));
  for (const field of shares) near(await v.values('segments', field), by(question(data, /^\/segments\?pays=/).data, 'segment_label', field));
  near(await v.values('products', 'total_ca'), by(question(data, /^\/by_product\?pays=.*limit=10/).data, 'produit', 'ca'));
  await v.table('revenue');
  near(await v.values('revenue', 'total_ca'), by(question(data, /^\/monthly\?pays=/).data, 'mois', 'ca'));
});

test('a product filters what it reaches, and the rest says so', async () => {
  const { url, figures } = question(data, /^\/kpis\?produit=/);
  const product = asked(url, 'produit');
  const v = await visit();
  await v.choose('produit', product, product.slice(0, 12).toUpperCase());
  near(await v.cards(), ofCards(figures));
  expect(await v.page.locator('[data-card="expected_total"]').textContent()).toContain('Product');
  for (const id of ['segments', 'to_call', 'map']) expect(await v.widget(id).getAttribute('data-state')).toBe('unavailable');
  near(await v.values('countries', 'total_ca'), by(question(data, /^\/by_country\?produit=/).data, 'pays', 'ca'));
});

test('a segment filters, by its choice and by a click on its bar', async () => {
  const { url, figures } = question(data, /^\/kpis\?segment_label=/);
  const segment = asked(url, 'segment_label');
  const v = await visit();
  await v.choose('segment_label', segment);
  near(await v.cards(), ofCards(figures));
  await v.page.locator('[data-action="reset"]').click();
  await v.ready();
  near(await v.cards(), ofCards(expectedFigures(data)));
  await v.widget('segments').locator(`[data-key="${segment}"] button, button[data-key="${segment}"]`).first().click();
  await v.ready();
  expect(new URL(v.page.url()).searchParams.get('segment_label')).toBe(segment);
  near(await v.cards(), ofCards(figures));
});

test('two days make a period', async () => {
  const { url, figures } = question(data, /^\/kpis\?mois__gte=/);
  const from = `${asked(url, 'mois__gte')}-01`;
  const end = asked(url, 'mois__lte');
  const to = new Date(Date.UTC(Number(end.slice(0, 4)), Number(end.slice(5)), 0)).toISOString().slice(0, 10);
  const v = await visit();
  await v.page.locator('.popover[data-filter="period"] button.control').click();
  await v.page.locator('input[name="from"]').fill(from);
  await v.page.locator('input[name="to"]').fill(to);
  await v.page.locator('.span-form button[type="submit"]').click();
  await v.ready();
  // The two snapshots are kept: they are of no period, and say of which day they are.
  const whole = expectedFigures(data);
  near(await v.cards(), { ...ofCards(figures), expected_total: whole['expected_total'] ?? null, value_at_risk_total: whole['value_at_risk_total'] ?? null });
});
