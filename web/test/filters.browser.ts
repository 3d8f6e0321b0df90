import { expect, inject, test } from 'vitest';
import { near, ofCards } from './near';
import { expectedFigures, question } from './program';
import { visit, type Visit } from './visit';

const data = inject('data');

function search(v: Visit): Record<string, string> {
  return Object.fromEntries(new URL(v.page.url()).searchParams);
}

async function chips(v: Visit): Promise<string[]> {
  return v.page.locator('[data-chip]').evaluateAll((all) => all.map((chip) => chip.getAttribute('data-chip') ?? ''));
}

test('each period is of the last day with data, not of today', async () => {
  const v = await visit();
  const whole = (await v.cards())['total_achats'] ?? 0;
  const seen = new Set<number>();
  const presets = await v.page.evaluate(() => {
    document.querySelector<HTMLElement>('.popover[data-filter="period"] button.control')?.click();
    return new Promise<string[]>((resolve) => setTimeout(() => { resolve([...document.querySelectorAll('.popover[data-filter="period"] .option')].map((o) => o.getAttribute('data-value') ?? '')); }, 100));
  });
  await v.page.keyboard.press('Escape');
  expect(presets.length).toBeGreaterThanOrEqual(4);
  for (const preset of presets) {
    await v.page.locator('.popover[data-filter="period"] button.control').click();
    await v.page.locator(`.popover[data-filter="period"] .option[data-value="${preset}"]`).click();
    await v.ready();
    const purchases = (await v.cards())['total_achats'] ?? 0;
    expect(purchases).toBeGreaterThan(0);
    expect(purchases).toBeLessThanOrEqual(whole);
    seen.add(purchases);
    expect(search(v)['period'] ?? 'all').toBe(preset);
    expect(await chips(v)).toEqual(preset === 'all' ? [] : ['period']);
  }
  expect(seen.size).toBeGreaterThanOrEqual(3);
});

test('what figures are compared with is chosen', async () => {
  const v = await visit('?period=90d');
  const select = v.page.locator('[data-filter="compare"] select');
  const changes = async (): Promise<string[]> => v.page.locator('[data-card="total_ca"] [data-change]').evaluateAll((all) => all.map((c) => c.getAttribute('data-change') ?? ''));
  const [previous = ''] = await changes();
  expect(previous).not.toBe('');
  await select.selectOption('year');
  await v.ready();
  expect(await changes()).not.toEqual([previous]);
  await select.selectOption('off');
  await v.ready();
  expect(await changes()).toEqual([]);
  expect(search(v)).toEqual({ period: '90d', compare: 'off' });
});

test('chips take filters away one by one', async () => {
  const v = await visit('?period=90d&segment_label=VIP');
  expect(await chips(v)).toEqual(['period', 'segment_label']);
  await v.page.locator('[data-chip="segment_label"] button').click();
  await v.ready();
  expect(search(v)).toEqual({ period: '90d' });
  await v.page.locator('[data-chip="period"] button').click();
  await v.ready();
  expect(search(v)).toEqual({});
  near(await v.cards(), ofCards(expectedFigures(data)));
});

test('the URL is the state: back, forward, and a link in another browser', async () => {
  const { url, figures } = question(data, /^\/kpis\?pays=(?!Nowhere)/);
  const country = new URL(url, 'http://x').searchParams.get('pays') ?? '';
  const v = await visit();
  const whole = await v.cards();
  await v.widget('countries').locator(`[data-key="${country}"] button`).click();
  await v.ready();
  near(await v.cards(), ofCards(figures));
  await v.table('countries');
  await v.page.goBack();
  await v.ready();
  expect(await v.cards()).toEqual(whole);
  expect(await chips(v)).toEqual([]);
  await v.page.goForward();
  await v.ready();
  near(await v.cards(), ofCards(figures));

  const other = await visit(new URL(v.page.url()).search);
  near(await other.cards(), ofCards(figures));
  expect(await chips(other)).toEqual(['pays']);
  expect(await other.widget('countries').locator('table').count()).toBe(1);
});

test('a shared link names its release', async () => {
  const v = await visit('?segment_label=VIP', { permissions: ['clipboard-read', 'clipboard-write'] });
  await v.page.locator('[data-action="share"]').click();
  const link = await v.page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).searchParams.get('release')).toBe('1');
  expect(new URL(link).searchParams.get('segment_label')).toBe('VIP');
  await v.page.goto(link);
  await v.ready();
  expect(search(v)).toEqual({ segment_label: 'VIP', release: '1' });
});

test('every widget has its files and its call in the language of the page', async () => {
  for (const [lang, dialect] of [['en', 'excel'], ['fr', 'excel-fr']]) {
    const v = await visit(`?lang=${lang}&segment_label=VIP`);
    const links = await v.page.locator('[data-widget] a[data-action]').evaluateAll((all) => all.map((a) => [a.getAttribute('data-action') ?? '', (a as HTMLAnchorElement).href]));
    expect(links.length).toBeGreaterThan(20);
    for (const [action, href = ''] of links) {
      const to = new URL(href);
      expect(to.searchParams.get('release')).toBe('1');
      if (action === 'csv') expect(to.searchParams.get('dialect')).toBe(dialect);
    }
    // Each kind of answer is fetched once: the server does what the links say.
    for (const action of ['csv', 'xlsx', 'api']) {
      const href = links.find(([name]) => name === action)?.[1] ?? '';
      const response = await v.context.request.get(href);
      expect(response.status(), href).toBe(200);
      expect((await response.body()).length).toBeGreaterThan(20);
    }
  }
});
