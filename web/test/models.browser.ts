import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Server } from './program';
import { visit, type Visit } from './visit';

// Models of other domains than the shipped one: rows without a value, lookups, thousands of groups, no time, no endpoints.
// models/make.py made their lakes, and the figures that pandas has of them.

const models = join(import.meta.dirname, 'models');
const server = new Server(inject('program'), 'models');

interface Orders {
  revenue: number;
  orders: number;
  july: number;
  july_change: number;
  august_change: number;
  colors: Record<string, { amount: number; quantity: number }>;
  color_changes: Record<string, number>;
  of_no_color: { revenue: number; orders: number };
  products: { top: Record<string, number>; others: number; groups: number };
  suppliers: { top: Record<string, number>; others: number };
  of_tools: number;
  of_no_category: number;
  june_weeks: Record<string, number>;
  delivered: Record<string, number>;
}

function expected(model: string): unknown {
  return JSON.parse(readFileSync(join(models, model, 'expected.json'), 'utf8'));
}

const orders = expected('orders') as Orders;

beforeAll(async () => {
  for (const model of ['orders', 'stock', 'bare', 'visits']) server.publish(join(models, model, 'lake'), '--models', models, '--model', model);
  await server.start('--models', models);
});

afterAll(async () => {
  await server.stop();
});

async function open(path: string, model = 'orders'): Promise<Visit> {
  const v = await visit('about', { url: `${server.url}/m/${model}`, troubled: true });
  await v.go(path);
  await v.ready();
  return v;
}

/** The figure of an element, NaN where there is none. */
async function shown(v: Visit, selector: string, attribute = 'data-value'): Promise<number> {
  const text = await v.page.locator(selector).first().getAttribute(attribute);
  return text === null || text === '' ? NaN : Number(text);
}

test('shares add up the groups of a dataset that has many rows a group, and those without a value are one', async () => {
  const v = await open('?lang=en');
  const colors = v.widget('by_color').locator('.legend li');
  // The six largest and the others; by amount, their money.
  expect(await colors.count()).toBe(7);
  const found = await v.values('by_color', 'amount');
  for (const [key, value] of Object.entries(found)) expect(value, key).toBeCloseTo(orders.colors[key]?.amount ?? NaN, 4);
  expect(Object.keys(found)).toContain('');
  expect(await v.widget('by_color').locator('[data-null]').textContent()).toContain('no value');
  const rest = Object.entries(orders.colors).filter(([key]) => !(key in found));
  expect(rest).toHaveLength(3);
  expect(await shown(v, '[data-widget="by_color"] [data-others] [data-metric="amount"]')).toBeCloseTo(rest.reduce((sum, [, { amount }]) => sum + amount, 0), 4);
  expect(await shown(v, '[data-widget="by_color"] .share-line[data-metric="quantity"]')).toBe(Object.values(orders.colors).reduce((sum, { quantity }) => sum + quantity, 0));
});

test('shares of 12,000 groups are the largest and the others, and the page stays short', async () => {
  const v = await open('');
  expect(orders.products.groups).toBe(12_000);
  expect(await v.widget('by_product').locator('.legend li').count()).toBe(7);
  const found = Object.values(await v.values('by_product', 'amount')).sort((a, b) => b - a);
  expect(found).toEqual(Object.values(orders.products.top).sort((a, b) => b - a));
  expect(await shown(v, '[data-widget="by_product"] [data-others] [data-metric="amount"]')).toBeCloseTo(orders.products.others, 4);
  expect(await v.page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(3000);
});

test('no value is a choice: in rankings, filters, lists and links', async () => {
  const v = await open('?colors.rest=&period=2024-07-01..2024-07-31');
  const none = v.widget('colors').locator('li[data-null]');
  expect(Number(await none.locator('[data-change]').getAttribute('data-change'))).toBeCloseTo(orders.color_changes[''] ?? NaN, 9);
  expect(Number(await v.widget('colors').locator('li[data-key="null"] [data-change]').getAttribute('data-change'))).toBeCloseTo(orders.color_changes['null'] ?? NaN, 9);
  await v.page.locator('[data-chip="period"] button').click();
  await v.ready();
  await none.locator('button').click();
  await v.ready();
  expect(new URL(v.page.url()).search).toBe('?color__isnull=true');
  expect(await v.cards()).toEqual({ revenue: orders.of_no_color.revenue, orders_count: orders.of_no_color.orders });
  expect(await none.locator('button').getAttribute('aria-pressed')).toBe('true');
  expect(await v.page.locator('[data-chip="color"]').textContent()).toContain('no value');
  // The list of rows has the same filter, whose choice is marked.
  await v.page.locator('nav a', { hasText: 'Orders' }).click();
  await v.ready();
  expect(await shown(v, '[data-metric="total"]')).toBe(orders.of_no_color.orders);
  await v.page.locator('.popover[data-filter="color"] button.control').click();
  expect(await v.page.locator('.popover[data-filter="color"] input[data-null]').isChecked()).toBe(true);
  // The text null is another value.
  await v.page.locator('.popover[data-filter="color"] input[data-value="null"]').check();
  await v.ready();
  expect(new URL(v.page.url()).searchParams.get('color')).toBe('null');
  expect(new URL(v.page.url()).searchParams.get('color__isnull')).toBeNull();
});

test('top works on a field of another dataset, whose groups it counts', async () => {
  const v = await open('');
  const found = await v.values('suppliers', 'revenue');
  for (const [key, value] of Object.entries(orders.suppliers.top)) expect(found[key], key).toBeCloseTo(value, 4);
  expect(await shown(v, '[data-widget="suppliers"] [data-metric="others"]')).toBe(orders.suppliers.others);
  await v.choose('category', 'tools');
  expect((await v.cards())['revenue']).toBeCloseTo(orders.of_tools, 4);
  await v.page.locator('.popover[data-filter="category"] button.control').click();
  await v.page.locator('.popover[data-filter="category"] input[data-null]').check();
  await v.ready();
  expect(new URL(v.page.url()).search).toBe('?category__isnull=true');
  expect((await v.cards())['revenue']).toBeCloseTo(orders.of_no_category, 4);
});

test('lists show fields of another dataset', async () => {
  const v = await open('');
  expect(await v.widget('latest').locator('td[data-metric="category"]').count()).toBe(5);
  expect(await v.widget('latest').locator('td[data-metric="category"]').first().getAttribute('data-value')).toBe('tools');
});

test('a total stands beside the figure of the month that is compared, not beside its change alone', async () => {
  const v = await open('');
  expect((await v.cards())['revenue']).toBeCloseTo(orders.revenue, 4);
  const card = v.page.locator('[data-card="revenue"]');
  expect(Number(await card.locator('[data-metric="current"]').getAttribute('data-value'))).toBeCloseTo(orders.july, 4);
  expect(Number(await card.locator('[data-change]').getAttribute('data-change'))).toBeCloseTo(orders.july_change, 9);
  expect(await card.textContent()).toMatch(/Jul 2024 .*vs Jun/);
  const ranked = v.widget('colors').locator('li[data-key="red"] [data-metric="month"]');
  expect(Number(await ranked.getAttribute('data-value'))).toBeGreaterThan(0);
});

test('the words of a comparison name the time that was compared', async () => {
  const v = await open('?period=2024-08-01..2024-08-31');
  const card = v.page.locator('[data-card="revenue"]');
  expect(Number(await card.locator('[data-change]').getAttribute('data-change'))).toBeCloseTo(orders.august_change, 9);
  expect(await card.textContent()).toMatch(/vs 1\s?–\s?20 Jul, 14:30/);
  const whole = await open('');
  const sold = whole.widget('sold').locator('.aside');
  expect(await sold.textContent()).toMatch(/from 15 Mar · to 20 Aug, 14:30/);
  expect(await sold.textContent()).toMatch(/vs 1\s?–\s?20 Jul, 14:30/);
  expect(Number(await sold.locator('[data-change]').getAttribute('data-change'))).toBeCloseTo(orders.august_change, 9);
  // Deliveries go on after the last order: the words are of the deliveries.
  const delivered = (await whole.widget('delivered').locator('.aside').textContent()) ?? '';
  expect(delivered).toMatch(/to 8 Sept?/);
  expect(delivered).not.toContain('20 Aug');
  await whole.table('delivered');
  const months = await whole.values('delivered', 'revenue');
  for (const [month, value] of Object.entries(orders.delivered)) expect(months[month], month).toBeCloseTo(value, 4);
});

test('a week that a filter cuts is hatched, at both ends', async () => {
  const v = await open('?period=2024-06-01..2024-06-30&sold.grain=week&compare=off');
  expect(await v.widget('sold').locator('[data-partial-span]').getAttribute('data-partial-span')).toBe('2024-06-01..2024-06-02');
  await v.go('?period=2024-06-05..2024-06-27&sold.grain=week&compare=off');
  await v.ready();
  expect(await v.widget('sold').locator('[data-partial-span]').getAttribute('data-partial-span')).toBe('2024-06-05..2024-06-09 2024-06-24..2024-06-27');
  expect(await v.widget('sold').locator('svg path[fill^="url("]').count()).toBeGreaterThanOrEqual(2);
});

test('concentration is drawn on equal tracks, and tells of no share below a group', async () => {
  const v = await open('');
  const parts = v.widget('few').locator('.concentration-parts li');
  // Of nine groups a tenth is none: a fifth is two of them, 22 %.
  expect(await parts.evaluateAll((all) => all.map((li) => li.getAttribute('data-key')))).toEqual(['0.2', '0.5']);
  expect(await parts.first().textContent()).toContain('22%');
  const bars = await parts.evaluateAll((all) => all.map((li) => {
    const track = li.querySelector('.concentration-bar');
    return [track?.getBoundingClientRect().width ?? 0, track?.firstElementChild?.getBoundingClientRect().width ?? 0, Number(li.querySelector('[data-metric="part"]')?.getAttribute('data-value'))];
  }));
  for (const [track, drawn, part] of bars) {
    expect(track).toBe(bars[0]?.[0]);
    expect((drawn ?? 0) / (track ?? 1)).toBeCloseTo(part ?? NaN, 2);
  }
});

test('a filter without a label bears its name, and counts have separators', async () => {
  const v = await open('');
  expect(await v.page.locator('.popover[data-filter="color"] .control-name').textContent()).toBe('Color');
  expect(await v.page.locator('[data-card="orders_count"] .kpi-value').textContent()).toBe('14,000');
  await v.go('all_orders');
  await v.ready();
  expect(await v.page.locator('.popover[data-filter="color"] .control-name').textContent()).toBe('Color');
  expect(await v.widget('all_orders').locator('td[data-metric="category"]').first().getAttribute('data-value')).toBe('tools');
});

test('a model without a time, endpoints and collections has cards and its datasets', async () => {
  const stock = expected('stock') as { pieces: number; parts: number; first: string; shelves: Record<string, number> };
  const v = await open('', 'stock');
  const figures = { pieces_total: stock.pieces, parts_count: stock.parts, first_part: NaN };
  expect(await v.cards()).toEqual(figures);
  // A key figure may be a text.
  expect(await v.page.locator('[data-card="first_part"] .kpi-value').textContent()).toBe(stock.first);
  expect(await v.page.locator('[data-state="error"]').count()).toBe(0);
  expect(await v.page.locator('[data-filter="compare"], [data-filter="period"]').count()).toBe(0);
  expect(await v.values('by_shelf', 'pieces_total')).toEqual(stock.shelves);
  for (const name of ['shelves', 'towns', 'lands']) expect(await v.widget(`list_${name}`).locator('tbody tr').count(), name).toBe(3);
  // A period is said to change nothing, and changes nothing.
  await v.go('?period=12m');
  await v.ready();
  expect(await v.page.locator('[data-said="period"]').textContent()).toContain('no time');
  expect(await v.cards()).toEqual(figures);
  // Seven lists, that of the facts included, are in one menu.
  await v.page.locator('.popover[data-filter="lists"] button.control').click();
  await v.page.locator('.popover[data-filter="lists"] a', { hasText: 'towns' }).click();
  await v.ready();
  expect(await v.page.locator('main').getAttribute('data-page')).toBe('towns');
  await v.go('datasets');
  await v.ready();
  expect(await v.widget('datasets-stock').locator('tbody tr').count()).toBe(7);
});

test('a model without figures, filters, rules, labels or a time has nothing that says so', async () => {
  const v = await open('', 'bare');
  const list = v.widget('list_bins');
  expect(await list.locator('tbody tr').count()).toBe(2);
  expect(await v.page.locator('.filter-bar').count()).toBe(0);
  expect(await v.page.locator('.page-header').locator('[data-metric="checks"], [data-metric="as_of"]').count()).toBe(0);
  expect(await list.locator('.badge').count()).toBe(0);
  // Two rows are two rows high, and a layout's height is the most that ten are.
  expect((await list.boundingBox())?.height).toBeLessThan(140);
  // Figures stand under each other by their last digit; a key is a name.
  const aligned = (field: string): Promise<string> => list.locator(`tbody td[data-metric="${field}"]`).first().evaluate((cell) => getComputedStyle(cell).textAlign);
  expect([await aligned('bin'), await aligned('pieces')]).toEqual(['start', 'right']);
  expect(await list.locator('tbody td[data-metric="counted"]').allTextContents()).toEqual(['1 May 2024, 10:30', '2 May 2024']);
  await v.go('datasets/bins');
  await v.ready();
  expect(await v.page.locator('h1').textContent()).toBe('Bins bins');
  expect(await v.page.locator('tr[data-key="pieces"] th').textContent()).toBe('Pieces pieces');
  for (const path of ['releases', 'releases/1']) {
    await v.go(path);
    await v.ready();
    expect(await v.page.locator('main [data-metric="published_at"]').count(), path).toBe(1);
    expect(await v.page.locator('main [data-metric="as_of"]').count(), path).toBe(0);
    expect(await v.page.locator('main').textContent(), path).not.toContain('0/0');
  }
});

test('three weeks are shown by day, and no month before them is compared', async () => {
  const visits = expected('visits') as { days: Record<string, number>; pages: Record<string, number> };
  const v = await open('', 'visits');
  const total = Object.values(visits.days).reduce((sum, bytes) => sum + bytes, 0);
  expect(await v.cards()).toEqual({ transferred: total });
  expect((await v.page.locator('[data-card="transferred"] .kpi-note').textContent())?.trim()).toBe('');
  expect(await v.values('by_page', 'transferred')).toEqual(visits.pages);
  // What a page is made of by default: no number of single visits, and nothing that has one value only.
  expect(await v.page.locator('.filter-bar [data-filter]').evaluateAll((all) => all.map((e) => e.getAttribute('data-filter')))).toEqual(['period', 'page', 'compare']);
  expect(await v.page.locator('main .widget').evaluateAll((all) => all.map((e) => e.id))).toEqual(['cards', 'trend', 'by_page', 'list_notes']);
  // Long figures don't run into the shares beside them.
  expect(await v.widget('by_page').locator('li .number').first().textContent()).toBe('2.25bn');
  await v.table('trend');
  expect(await v.values('trend', 'transferred')).toEqual(visits.days);
});

test('a dataset without rows says so, and nothing failed', async () => {
  const v = await open('', 'visits');
  const asked: string[] = [];
  v.page.on('request', (request) => asked.push(request.url()));
  await v.go('');
  await v.ready();
  expect(await v.widget('list_notes').getAttribute('data-state')).toBe('empty');
  expect(await v.widget('list_notes').locator('.notice').textContent()).toBe('No rows');
  expect(asked.filter((url) => url.includes('/notes/'))).toEqual([]);
  await v.go('notes');
  await v.ready();
  expect(await v.widget('notes').locator('.notice').textContent()).toBe('No rows');
  expect(await v.page.locator('[data-state="error"]').count()).toBe(0);
});

test('labels of another language are shown to all readers, and French has a space before its colons', async () => {
  const v = await open('?lang=fr&page=/about', 'visits');
  expect(await v.page.locator('.brand option:checked').textContent()).toBe('Besuche');
  expect(await v.page.locator('[data-card="transferred"] .kpi-name').textContent()).toContain('Übertragen');
  expect(await v.page.locator('[data-chip="page"] span').textContent()).toBe('Seite\u00a0: /about');
  expect(await v.widget('by_page').locator('button.rank').first().getAttribute('title')).toMatch(/Übertragen\u00a0: /);
});

test('a part of the page that fails says so, and the others stay', async () => {
  const v = await open('', 'visits');
  await v.page.route(/group_by=page/, (route) => route.fulfill({ contentType: 'application/json', body: '{"data": [null], "meta": {}}' }));
  await v.go('');
  await v.ready();
  const broken = v.widget('by_page');
  expect(await broken.getAttribute('data-state')).toBe('error');
  expect(await broken.locator('.notice-title').textContent()).toBe('This part of the page failed');
  expect(await v.widget('trend').getAttribute('data-state')).toBe('ready');
  expect(await v.page.locator('[data-card="transferred"] .kpi-value').textContent()).not.toBe('—');
  expect(v.complaints.length).toBeGreaterThan(0);
  v.complaints.length = 0;
  // What the page asks for next is another answer.
  await v.page.unroute(/group_by=page/);
  await v.page.locator('[data-filter="compare"] select').selectOption('off');
  await v.page.locator('.popover[data-filter="page"] button.control').click();
  await v.page.locator('.popover[data-filter="page"] input[data-value="/about"]').check();
  await v.ready();
  expect(await v.widget('by_page').getAttribute('data-state')).toBe('ready');
});

test('the datasets page prints addresses that answer', async () => {
  const v = await open('datasets', 'stock');
  for (const model of ['stock', 'orders']) {
    const links = v.widget(`datasets-${model}`).locator('td a:has(code)');
    expect(await links.count()).toBeGreaterThan(1);
    const printed = (await links.first().textContent()) ?? '';
    expect(printed.startsWith(`/m/${model}/`)).toBe(true);
    expect((await v.page.request.get(server.url + printed)).status()).toBe(200);
  }
});
