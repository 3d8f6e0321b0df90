import { cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { by, near } from './near';
import { expectedFigures, expectedRows, question, sample, Server } from './program';
import { visit, type Visit } from './visit';

// The pages beside the dashboard: lists of rows and one of them, datasets, releases, the benchmark.

const data = inject('data');
const server = new Server(inject('program'), 'pages');
const folder = dirname(inject('program'));
const lake = join(folder, 'pages');

beforeAll(async () => {
  cpSync(join(sample, 'gold'), lake, { recursive: true });
  server.publish(lake);
  server.publish(lake, '--as-of', '2026-02-01T00:00:00Z');
  const benchmark = join(folder, 'benchmark.json');
  writeFileSync(benchmark, JSON.stringify({ title: 'Engines', machine: 'a test', versions: { one: '1.2', two: '3.4' }, generated_at: '2026-02-01T10:30:00Z', results: [
    ...['build', 'gold'].flatMap((task) => [{ engine: 'one', scale: 24373, task, seconds: 2, processor_seconds: 1.9, rows_per_second: 12187, peak_memory_mb: 100.5 }, { engine: 'two', scale: 24373, task, seconds: 0.5, rows_per_second: 48746 }]),
    { engine: 'one', scale: '1M', task: 'build', seconds: 2 }, { engine: 'two', scale: '1M', task: 'build', seconds: 0.5 },
  ] }));
  await server.start('--benchmark', benchmark);
});

afterAll(async () => {
  await server.stop();
});

/** The keys of the rows of a widget, in their order. */
async function keys(v: Visit, id: string): Promise<string[]> {
  return v.widget(id).locator('tbody tr[data-key]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key') ?? ''));
}

/** The figure that an element of a page shows. */
async function shown(v: Visit, metric: string, within = 'main'): Promise<string | null> {
  return v.page.locator(`${within} [data-metric="${metric}"]`).first().getAttribute('data-value');
}

async function click(v: Visit, selector: string): Promise<void> {
  await v.page.locator(selector).click();
  await v.ready();
}

/** Fills the form of one filter of a list, and applies it. */
async function filter(v: Visit, field: string, values: Record<string, string>): Promise<void> {
  await v.page.locator('.popover[data-filter="add"] button.control').click();
  await v.page.locator('.popover[data-filter="add"] select[name="field"]').selectOption(field);
  for (const [name, value] of Object.entries(values)) {
    const input = v.page.locator(`.popover[data-filter="add"] [name="${name}"]`);
    if (await input.evaluate((element) => element.tagName === 'SELECT')) await input.selectOption(value);
    else await input.fill(value);
  }
  await v.page.locator('.popover[data-filter="add"] .span-form button[type="submit"]').click();
  await v.ready();
}

test('the list is sorted and paged by the server, and every page has its URL', async () => {
  const scores = expectedRows(data, 'scores');
  const ids = scores.map((row) => String(row['id_client']));
  const v = await visit('clients');
  expect(await v.page.locator('th[aria-sort="descending"] [data-sort]').getAttribute('data-sort')).toBe('value_at_risk_12m');
  await click(v, '[data-sort="expected_value_12m"]');
  expect(await keys(v, 'clients')).toEqual(ids.slice(0, 50));
  near(await v.values('clients', 'monetary_12m'), by(scores.slice(0, 50), 'id_client', 'monetary_12m'));
  await click(v, '[data-action="next"]');
  expect(await keys(v, 'clients')).toEqual(ids.slice(50, 100));
  const second = v.page.url();
  await click(v, '[data-action="next"]');
  await click(v, '[data-action="previous"]');
  expect(await keys(v, 'clients')).toEqual(ids.slice(50, 100));
  await v.page.goBack();
  await v.page.goBack();
  await v.page.goBack();
  await v.ready();
  expect(await keys(v, 'clients')).toEqual(ids.slice(0, 50));
  // The link to the second page opens there, and knows the way to the first.
  await v.page.goto(second);
  await v.ready();
  expect(await keys(v, 'clients')).toEqual(ids.slice(50, 100));
  await click(v, '[data-action="previous"]');
  expect(await keys(v, 'clients')).toEqual(ids.slice(0, 50));
  await click(v, '[data-sort="expected_value_12m"]');
  expect(await v.page.locator('th[aria-sort="ascending"] [data-sort]').getAttribute('data-sort')).toBe('expected_value_12m');
});

test('ranges, values and what is missing filter the list', async () => {
  const risky = question(data, /^\/scores\?segment_label=.*prob_reachat_12m__gte=0\.3/);
  const segment = new URL(risky.url, 'http://x').searchParams.get('segment_label') ?? '';
  const v = await visit('clients?clients.columns=id_client,segment_label,value_at_risk_12m');
  await v.choose('segment_label', segment);
  const total = await shown(v, 'total');
  await filter(v, 'prob_reachat_12m', { gte: '30' });
  expect(new URL(v.page.url()).searchParams.get('prob_reachat_12m__gte')).toBe('0.3');
  expect((await keys(v, 'clients')).slice(0, 15)).toEqual(risky.data?.map((row) => String(row['id_client'])));
  if ((risky.data ?? []).length > 0) near(await v.values('clients', 'value_at_risk_12m').then((all) => Object.fromEntries(Object.entries(all).filter(([id]) => risky.data?.some((row) => String(row['id_client']) === id)))), by(risky.data, 'id_client', 'value_at_risk_12m'));
  else expect(await v.widget('clients').getAttribute('data-state')).toBe('empty');
  // Without the range the list is as long as before; the page of it that was open was another list's.
  await click(v, '[data-chip="prob_reachat_12m"] button');
  expect(await shown(v, 'total')).toBe(total);
  await click(v, '[data-action="reset"]');
  const without = question(data, /^\/scores\?last_purchase__isnull=true&sort=id_client/);
  await filter(v, 'last_purchase', { isnull: 'true' });
  await click(v, '[data-sort="id_client"]');
  await click(v, '[data-sort="id_client"]');
  expect((await keys(v, 'clients')).slice(0, 10)).toEqual(without.data?.map((row) => String(row['id_client'])));
});

test('a filter that is taken away leads to the first page', async () => {
  const v = await visit('clients?prob_reachat_12m__gte=0.05');
  await click(v, '[data-action="next"]');
  expect(new URL(v.page.url()).searchParams.get('clients.page')).toMatch(/^2\./);
  await click(v, '[data-chip="prob_reachat_12m"] button');
  expect(v.page.url()).not.toContain('clients.page');
  expect(await v.widget('clients').getAttribute('data-state')).toBe('ready');
});

test('looked-up fields are columns too, and files hold the whole list', async () => {
  const asked = question(data, /^\/scores\?pays=(?!Nowhere).*limit=20/);
  const country = new URL(asked.url, 'http://x').searchParams.get('pays') ?? '';
  const v = await visit(`clients?pays=${encodeURIComponent(country)}`);
  await v.page.locator('.popover[data-filter="columns"] button.control').click();
  await v.page.locator('.popover[data-filter="columns"] input[data-value="pays"]').check();
  await v.page.keyboard.press('Escape');
  await click(v, '[data-sort="expected_value_12m"]');
  expect((await keys(v, 'clients')).slice(0, 20)).toEqual(asked.data?.map((row) => String(row['id_client'])));
  expect(new Set(await v.widget('clients').locator('td[data-metric="pays"]').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-value'))))).toEqual(new Set([country]));
  const href = (await v.widget('clients').locator('[data-action="csv"]').getAttribute('href')) ?? '';
  const csv = (await (await v.page.request.get(href)).text()).trimEnd().split(/\r?\n/);
  expect(csv.length - 1).toBe(Number(await shown(v, 'total')));
  expect(csv[0]?.split(',').at(-1)).toBe('pays');
  // Back on the dashboard, the filters that it offers are still there, and no other.
  await click(v, 'nav a >> nth=0');
  expect(new URL(v.page.url()).searchParams.get('pays')).toBe(country);
  expect(await v.page.locator('[data-state="unavailable"]').count()).toBe(0);
});

test('one client: every field, and purchases over time', async () => {
  const client = question(data, /^\/scores\/\d+$/).data as unknown as Record<string, number | string | null>;
  const id = String(client['id_client']);
  const v = await visit('clients');
  await v.page.locator('.go-to input').fill(id);
  await v.page.keyboard.press('Enter');
  await v.page.locator('[data-widget="latest"][data-state="ready"]').waitFor();
  await v.ready();
  expect(v.page.url()).toContain(`/clients/${id}`);
  expect(await v.page.title()).toContain(id);
  for (const [name, value] of Object.entries(client)) {
    const found = await v.widget('row').locator(`td[data-metric="${name}"]`).getAttribute('data-value');
    if (typeof value === 'number') near({ [name]: Number(found) }, { [name]: value });
    else expect(found, name).toBe(value ?? '');
  }
  await v.table('history');
  const months = await v.values('history', 'total_ca');
  near({ spent: Object.values(months).reduce((sum, value) => sum + value, 0) }, { spent: Number(client['total_spend_all']) });
  const facts = question(data, new RegExp(`^/datasets/fact_achats/rows\\?id_client=${id}&sort=date_achat`)).data ?? [];
  const latest = by(facts, 'id_achat', 'montant');
  const listed = await v.values('latest', 'montant');
  if (facts.length > 0 && facts.length <= 20) near(listed, latest);
  expect(Number(await shown(v, 'total', '[data-widget="latest"]'))).toBe(client['total_orders_all']);
});

test('a client that is not there is said to be missing, with a way back', async () => {
  const v = await visit('clients/999999999', { troubled: true });
  await v.page.locator('[data-widget="row"][data-state="error"]').waitFor();
  expect(await v.widget('row').textContent()).toContain('999999999');
  await click(v, '.crumb a');
  expect(await v.widget('clients').getAttribute('data-state')).toBe('ready');
});

test('every dataset is there, and its code and files read it', async () => {
  const v = await visit('datasets');
  expect(Number(await v.widget('datasets-retail').locator('[data-key="fact_achats"] [data-metric="rows"]').getAttribute('data-value'))).toBe(expectedFigures(data)['dataset_size']);
  await click(v, '[data-key="client_scores"] th a');
  expect(await v.page.locator('main h1').textContent()).toContain('client_scores');
  expect((await keys(v, 'sample')).length).toBe(10);
  expect((await keys(v, 'quality')).length).toBeGreaterThan(5);
  for (const [snippet, word] of [['curl', 'curl -fsS'], ['pandas', 'pd.read_parquet'], ['polars', 'pl.read_parquet'], ['duckdb', 'read_parquet']] as const) {
    await v.page.locator(`[data-snippet="${snippet}"]`).click();
    const code = (await v.page.locator('.use pre').textContent()) ?? '';
    expect(code).toContain(word);
    const url = /http[^"')]+/.exec(code)?.[0] ?? '';
    expect(url).toContain('release=1');
    const file = await v.page.request.get(url);
    expect([file.status(), (await file.body()).subarray(0, 4).toString()]).toEqual([200, 'PAR1']);
  }
  for (const [format, start] of [['csv', '\uFEFFid_client,'], ['ndjson', '{"id_client":'], ['xlsx', 'PK'], ['schema', '{"$schema"']] as const) {
    const href = (await v.page.locator(`.downloads [data-action="${format}"]`).getAttribute('href')) ?? '';
    expect((await (await v.page.request.get(href)).body()).toString('utf8').startsWith(start), format).toBe(true);
  }
});

test('the profile of a field is what its rows hold', async () => {
  const v = await visit('datasets/client_scores');
  expect(await v.page.locator('[data-profile]').count()).toBe(0);
  const asked: string[] = [];
  v.page.on('request', (request) => asked.push(request.url()));
  await v.page.locator('[data-key="segment_label"] [data-action="profile"]').click();
  await v.ready();
  expect(asked.filter((url) => url.includes('aggregate'))).toHaveLength(1);
  const segments = by(expectedRows(data, 'segments'), 'segment_label', 'clients');
  const found = await v.page.locator('[data-profile="segment_label"] [data-key] [data-metric="rows"]').evaluateAll((cells) => cells.map((cell) => [cell.closest('tr')?.getAttribute('data-key') ?? '', Number(cell.getAttribute('data-value'))]));
  expect(Object.fromEntries(found)).toEqual(segments);
  expect(await shown(v, 'distinct', '[data-profile="segment_label"]')).toBe(String(Object.keys(segments).length));
  await click(v, '[data-action="profile-all"]');
  expect(await v.page.locator('[data-profile][data-state="ready"]').count()).toBe(await v.widget('fields').locator('[data-action="profile"]').count());
  const rows = Number(await shown(v, 'rows', '.lead'));
  for (const profile of await v.page.locator('[data-profile]').all()) {
    const name = await profile.getAttribute('data-profile');
    const counts = await profile.locator('[data-key] [data-metric="rows"]').evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-value'))));
    const nulls = Number(await profile.locator('[data-metric="nulls"]').getAttribute('data-value'));
    expect(counts.reduce((sum, count) => sum + count, nulls), name ?? '').toBe(rows);
  }
  // It is all in the URL.
  await v.page.reload();
  await v.ready();
  expect(await v.page.locator('[data-profile][data-state="ready"]').count()).toBeGreaterThan(10);
});

test('releases: what changed, and the dashboard as it was', async () => {
  const v = await visit('releases', { url: server.url });
  expect(await keys(v, 'releases')).toEqual(['2', '1']);
  expect(await v.widget('releases').locator('[data-key="2"] [data-badge="current"]').count()).toBe(1);
  expect(Number(await shown(v, 'seconds', '[data-key="2"]'))).toBeGreaterThan(0);
  await click(v, '[data-key="2"] th a');
  expect(await shown(v, 'as_of')).toBe('2026-02-01T00:00:00Z');
  const figures = expectedFigures(sample);
  near({ ca: Number(await shown(v, 'after', '[data-widget="figures"] [data-key="total_ca"]')) }, { ca: figures['total_ca'] ?? NaN });
  expect(await shown(v, 'content', '[data-widget="changes"] [data-key="fact_achats"]')).toBe('same');
  const [passed, all] = ((await v.page.locator('[data-metric="passed"]').first().textContent()) ?? '').split('/');
  expect([passed, all]).toEqual([all, String((await keys(v, 'quality')).length)]);
  await click(v, '.crumb a >> nth=1');
  expect(await v.page.locator('main h1').textContent()).toContain('1');
  await click(v, '.lead a');
  expect(new URL(v.page.url()).search).toBe('?release=1');
  await v.page.locator('[data-banner="release"]').waitFor();
  near({ ca: (await v.cards())['total_ca'] ?? null }, { ca: figures['total_ca'] ?? NaN });
  await v.page.goBack();
  await v.ready();
  expect(await v.page.locator('main').getAttribute('data-page')).toBe('releases');
});

test('each release stands in its own currency, and another one is a change', async () => {
  const own = new Server(inject('program'), 'currencies');
  for (const currency of ['EUR', 'GBP', 'USD']) {
    const config = join(folder, `${currency}.yaml`);
    writeFileSync(config, `models: {retail: {currency: ${currency}}}\n`);
    own.publish(lake, '--config', config);
  }
  await own.start('--config', join(folder, 'USD.yaml'));
  try {
    const v = await visit('releases', { url: own.url });
    const ca = v.widget('releases').locator('td[data-metric="total_ca"]');
    const figure = expectedFigures(sample)['total_ca'] ?? NaN;
    for (const [i, sign] of ['$', '£', '€'].entries()) {
      expect(await ca.nth(i).textContent()).toContain(sign);
      near({ ca: Number(await ca.nth(i).getAttribute('data-value')) }, { ca: figure });
    }
    expect(await v.widget('releases').locator('tr[data-key="2"] td[data-metric="changed"]').textContent()).toContain('fact_achats');
    await click(v, '[data-key="2"] th a');
    const row = v.widget('figures').locator('tr[data-key="total_ca"]');
    expect(await row.textContent()).toMatch(/€[\d,.]+.*£[\d,.]+.*—/);
    expect(await v.widget('changes').locator('tr[data-key="fact_achats"] [data-metric="content"]').textContent()).toContain('Revenue: EUR → GBP');
    await v.page.goto(`${own.url}/ui?release=1`);
    await v.ready();
    expect(await v.page.locator('[data-card="total_ca"] .kpi-value').textContent()).toContain('€');
    // Who saw the first release is told that the datasets changed, though their rows are the same.
    const event = await v.page.evaluate(async (url) => new Promise<string>((resolve) => {
      const source = new EventSource(url);
      source.addEventListener('release', (e: MessageEvent<string>) => { source.close(); resolve(e.data); });
    }), `${own.url}/events?last_event_id=retail/1`);
    expect((JSON.parse(event) as { changed: string[] }).changed).toContain('fact_achats');
    await v.page.close();
  } finally {
    await own.stop();
  }
});

test('the benchmark is shown where there is one', async () => {
  const v = await visit('benchmark', { url: server.url });
  expect(await v.page.locator('main h1').textContent()).toBe('Engines');
  expect(await v.page.locator('[data-scale="1M"] [data-key="two"] [data-metric="seconds"]').getAttribute('data-value')).toBe('0.5');
  expect(await v.page.locator('[data-note="versions"]').textContent()).toBe('one 1.2, two 3.4');
  expect(await v.page.locator('[data-note="generated_at"]').textContent()).toContain('2026');
  expect(await v.page.locator('.benchmark-bars caption').allTextContents()).toEqual(['build · 24,373 rows', 'build · Scale 1M', 'gold · 24,373 rows']);
  expect(await v.page.locator('[data-scale="24373"]').first().locator('.part-bar').allTextContents()).toEqual(['4 ×', 'best']);
  await v.page.locator('[data-measure="rows_per_second"]').click();
  await v.ready();
  expect(await v.page.locator('[data-scale="24373"]').first().locator('.part-bar').allTextContents()).toEqual(['4 ×', 'best']);
  await v.page.locator('[data-measure="peak_memory_mb"]').click();
  await v.ready();
  expect(await v.page.locator('[data-scale="24373"]').first().locator('tbody tr').allTextContents()).toEqual(['one100.5 MB']);
  const none = await visit('benchmark');
  expect(await none.page.locator('nav a', { hasText: 'Benchmark' }).count()).toBe(0);
  expect(await none.page.locator('main h1').textContent()).toBe('There is no such page');
});

test('on a phone, what a benchmark says stays within its card', async () => {
  const v = await visit('benchmark?lang=fr', { url: server.url, viewport: { width: 360, height: 780 } });
  const over = await v.page.locator('.benchmark-bars .part-bar > span, [data-measure]').evaluateAll((all) => all.filter((element) => {
    const [own, card] = [element.getBoundingClientRect(), element.closest('.widget')?.getBoundingClientRect()];
    return own.right > (card?.right ?? 0) || element.scrollHeight > element.clientHeight + 1 && element.tagName === 'BUTTON';
  }).map((element) => element.textContent));
  expect(over).toEqual([]);
});

test('a benchmark that makes no sense is said to be so', async () => {
  const v = await visit('about', { url: server.url, troubled: true });
  await v.page.route(/benchmark\.json/, (route) => route.fulfill({ json: { results: [{ scale: 1, seconds: 2 }] } }));
  await v.page.goto(`${server.url}/ui/benchmark`);
  await v.page.locator('[data-widget="benchmark"][data-state="error"]').waitFor();
  expect(await v.widget('benchmark').textContent()).toContain('results[0].engine');
});

test('while a list loads it says so, and a problem is told in its words', async () => {
  const v = await visit('about', { url: server.url, troubled: true });
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => { answer = resolve; });
  await v.page.route(/\/scores\?/, async (route) => {
    await held;
    await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ code: 'store_unavailable', detail: 'the store does not answer' }) });
  });
  await v.page.goto(`${server.url}/ui/clients`);
  await v.page.locator('[data-widget="clients"][data-state="loading"] .skeleton').waitFor();
  answer();
  await v.page.locator('[data-widget="clients"][data-state="error"]').waitFor();
  expect(await v.widget('clients').textContent()).toContain('the store does not answer');
  await v.page.unroute(/\/scores\?/);
  await v.widget('clients').locator('[data-action="retry"]').click();
  await v.page.locator('[data-widget="clients"][data-state="ready"]').waitFor();
});

test('pages are reached, sorted and left by the keyboard alone', async () => {
  const v = await visit('clients');
  const focused = (): Promise<string> => v.page.evaluate(() => document.activeElement?.getAttribute('data-sort') ?? document.activeElement?.tagName ?? '');
  await v.page.locator('[data-sort="monetary_12m"]').focus();
  await v.page.keyboard.press('Enter');
  await v.ready();
  expect(await focused()).toBe('monetary_12m');
  expect(await v.page.locator('th[aria-sort="descending"] [data-sort]').getAttribute('data-sort')).toBe('monetary_12m');
  await v.widget('clients').locator('tbody a').first().focus();
  await v.page.keyboard.press('Enter');
  await v.ready();
  // The new page has the focus: what is read out next is its content.
  expect(await focused()).toBe('MAIN');
  await v.page.goBack();
  await v.ready();
  expect(await focused()).toBe('MAIN');
});

test('tables are copied as raw figures', async () => {
  const v = await visit('clients?clients.columns=id_client,monetary_12m');
  const copied = await v.widget('clients').locator('table').evaluate((table) => {
    const first = table.querySelector('tbody tr');
    if (!first) return '';
    getSelection()?.selectAllChildren(first);
    const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
    table.dispatchEvent(event);
    return event.clipboardData?.getData('text/plain') ?? '';
  });
  const row = v.widget('clients').locator('tbody tr').first();
  expect(copied).toBe(`${(await row.getAttribute('data-key')) ?? ''}\t${(await row.locator('[data-metric="monetary_12m"]').getAttribute('data-value')) ?? ''}`);
});

test('the pages fit from 320 to 1920 px, in French too', async () => {
  for (const path of ['clients', `clients/${String(expectedRows(sample, 'scores')[0]?.['id_client'])}`, 'datasets', 'datasets/client_scores?fields.open=*', 'releases', 'releases/2', 'benchmark']) {
    const v = await visit(`${path}${path.includes('?') ? '&' : '?'}lang=fr`, { url: server.url });
    for (const width of [320, 360, 768, 1920]) {
      await v.page.setViewportSize({ width, height: 900 });
      expect(await v.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${path} at ${width} px`).toBeLessThanOrEqual(0);
    }
  }
});
