import { expect, inject, test } from 'vitest';
import { near, ofCards } from './near';
import { expectedFigures, question } from './program';
import { visit, type Visit } from './visit';

// What a link asks for in vain is said above the page, with one click to what was meant.

const data = inject('data');

function search(v: Visit): string {
  return decodeURIComponent(new URL(v.page.url()).search);
}

test('a misspelled filter is said, and one click mends it', async () => {
  const { url, figures } = question(data, /^\/kpis\?pays=(?!Nowhere)/);
  const country = new URL(url, 'http://x').searchParams.get('pays') ?? '';
  const v = await visit(`?country=${encodeURIComponent(country)}`);
  const said = v.page.locator('[data-said="country"]');
  expect(await said.textContent()).toContain(`country=${country}`);
  near(await v.cards(), ofCards(expectedFigures(data)));
  await said.locator('[data-action="use-instead"]').click();
  await v.ready();
  expect(search(v)).toBe(`?pays=${country}`);
  expect(await said.count()).toBe(0);
  near(await v.cards(), ofCards(figures));
});

test('a period that is none is said with what it may be, and stays in the link until the reader decides', async () => {
  const v = await visit('?period=2011-13-01..x&segment_label=VIP');
  const said = v.page.locator('[data-said="period"]');
  expect(await said.textContent()).toContain('12m');
  expect(await said.locator('[data-action="use-instead"]').count()).toBe(0);
  await v.widget('revenue').locator('.segmented button').first().click();
  await v.ready();
  expect(search(v)).toContain('period=2011-13-01..x');
  await said.locator('[data-action="leave-out"]').click();
  await v.ready();
  expect(search(v)).toBe('?segment_label=VIP&revenue.grain=day');
  await v.page.goto(`${v.url}/ui?period=2011-06`);
  await v.ready();
  await said.locator('[data-action="use-instead"]').click();
  await v.ready();
  expect(search(v)).toBe('?period=2011-06-01..2011-06-30');
  expect(await said.count()).toBe(0);
});

test('a value that nobody has gets the hint of the API, in a list too', async () => {
  const v = await visit('?pays__in=France,Frence');
  const said = v.page.locator('[data-said="pays__in"]');
  await said.waitFor();
  expect(await said.textContent()).toContain('Frence');
  await said.locator('[data-action="use-instead"]').click();
  await v.ready();
  expect(search(v)).toBe('?pays__in=France');
  await v.page.goto(`${v.url}/ui?pays=Atlantis`);
  await v.ready();
  await v.page.locator('[data-said="pays"]').waitFor();
  expect(await v.page.locator('[data-said="pays"]').textContent()).toContain('Atlantis');
});

test('a value that the API refuses is said in its words', async () => {
  const v = await visit('about', { troubled: true });
  await v.page.goto(`${v.url}/ui/clients?prob_reachat_12m__gte=high`);
  const said = v.page.locator('[data-said="prob_reachat_12m__gte"]');
  await said.waitFor();
  expect(await said.textContent()).toMatch(/prob_reachat_12m__gte=high: .*number/);
  await said.locator('[data-action="leave-out"]').click();
  await v.page.locator('[data-widget="clients"][data-state="ready"]').waitFor();
});

test('nothing is said of a link that the page understands', async () => {
  const v = await visit('?period=90d&segment_label=VIP&revenue.view=table&_=1');
  await v.page.waitForTimeout(200);
  expect(await v.page.locator('[data-said]').count()).toBe(0);
});
