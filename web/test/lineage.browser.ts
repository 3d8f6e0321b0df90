import { expect, test } from 'vitest';
import { violations } from './violations';
import { visit, type Visit } from './visit';

// The lineage of a dataset, as the API tells it of a release that a build made.

const hash = (digit: string): string => digit.repeat(64);
const lineage = {
  build: 'b4c1f0d2a7e94b3c8f5a',
  engine: 'duckdb 1.5.6',
  parameters: { max_amount: '10000', horizon_days: '365' },
  tables: [
    { name: 'bronze.achats', id: hash('1'), files: 1, bytes: 2544144, listed: [{ path: 'achats.parquet', bytes: 2544144, sha256: hash('a') }] },
    { name: 'bronze.clients', id: hash('2'), files: 120, bytes: 341907, listed: [{ path: 'clients_1.csv', bytes: 341907, sha256: hash('b') }] },
    { name: 'silver.clients', sql: 'sql/silver/clients.sql', sql_sha256: hash('c'), id: hash('3'), rows: 4366, rejected: 11, reads: ['bronze.clients'], parameters: [] },
    { name: 'silver.achats', sql: 'sql/silver/achats.sql', sql_sha256: hash('d'), id: hash('4'), rows: 397310, rejected: 144599, reads: ['bronze.achats', 'silver.clients'], parameters: ['max_amount'] },
    { name: 'gold.fact_achats', dataset: 'fact_achats', sql: 'sql/gold/fact_achats.sql', sql_sha256: hash('e'), id: hash('5'), rows: 397310, reads: ['silver.achats', 'silver.clients'], parameters: [] },
    { name: 'gold.client_features', dataset: 'client_features', sql: 'sql/gold/client_features.sql', sql_sha256: hash('f'), id: hash('6'), rows: 4366, reads: ['gold.fact_achats', 'silver.clients'], parameters: ['horizon_days'] },
    { name: 'gold.client_scores', dataset: 'client_scores', sql: 'sql/gold/client_scores.sql', sql_sha256: hash('0'), id: hash('7'), rows: 4366, reads: ['gold.client_features'], parameters: ['horizon_days'] },
  ],
};

type Options = NonNullable<Parameters<typeof visit>[1]>;

async function open(options: Options = {}, query = ''): Promise<Visit> {
  const v = await visit('about', options);
  await v.page.route(/\/datasets\/client_scores\?release=/, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { data: Record<string, unknown> };
    await route.fulfill({ response: answer, json: { ...body, data: { ...body.data, lineage } } });
  });
  await v.go(`datasets/client_scores${query}`);
  return v;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the tables of the graph stand. */
async function boxes(v: Visit): Promise<Record<string, Box>> {
  const found = await v.widget('lineage').locator('[data-node]').evaluateAll((nodes) => nodes.map((node): [string, Box] => [node.getAttribute('data-node') ?? '', node.getBoundingClientRect().toJSON() as Box]));
  return Object.fromEntries(found);
}

/** The ends of the visible lines, by the tables that they join, on the page. */
async function ends(v: Visit): Promise<[from: string, to: string, start: Box, end: Box][]> {
  return v.widget('lineage').locator('svg:visible path').evaluateAll((paths) => paths.map((path) => {
    const shape = path as SVGPathElement;
    const matrix = shape.getScreenCTM() ?? new DOMMatrix();
    const at = (length: number): Box => {
      const { x, y } = shape.getPointAtLength(length).matrixTransform(matrix);
      return { x, y, width: 0, height: 0 };
    };
    const [from = '', to = ''] = (shape.getAttribute('data-line') ?? '').split(' ');
    return [from, to, at(0), at(shape.getTotalLength())] as [string, string, Box, Box];
  }));
}

test('every table stands after those that it reads, joined by a line to each', async () => {
  const v = await open();
  const at = await boxes(v);
  expect(Object.keys(at)).toEqual(lineage.tables.map(({ name }) => name));
  const lines = await ends(v);
  expect(lines.map(([from, to]) => `${from} ${to}`).sort()).toEqual(lineage.tables.flatMap(({ name, reads = [] }: { name: string; reads?: string[] }) => reads.map((from) => `${from} ${name}`)).sort());
  for (const [from, to, start, end] of lines) {
    const [a, b] = [at[from], at[to]];
    expect(a && Math.abs(a.x + a.width - start.x) < 2 && Math.abs(a.y + a.height / 2 - start.y) < 2, `the line from ${from}`).toBe(true);
    expect(b && Math.abs(b.x - end.x) < 2 && Math.abs(b.y + b.height / 2 - end.y) < 2, `the line to ${to}`).toBe(true);
    expect((a?.x ?? 0) < (b?.x ?? 0)).toBe(true);
  }
});

test('how each table was made stands below, with ids shortened and their whole at hand', async () => {
  const v = await open();
  const w = v.widget('lineage');
  expect(await w.locator('[data-metric="build"]').textContent()).toBe('b4c1f0d2a7e9');
  expect(await w.locator('[data-metric="build"] code').getAttribute('title')).toBe(lineage.build);
  expect(await w.locator('[data-metric="engine"]').textContent()).toBe('duckdb 1.5.6');
  expect(await w.locator('[data-metric="max_amount"]').textContent()).toBe('10000');
  const row = w.locator('tr[data-key="silver.achats"]');
  expect(await row.locator('td, th').allTextContents()).toEqual(['silver.achats', 'sql/silver/achats.sql dddddddddddd', 'bronze.achats, silver.clients', 'max_amount', '397,310', '144,599', '444444444444']);
  const clients = w.locator('tr[data-key="bronze.clients"]');
  await clients.locator('summary').click();
  expect(await clients.locator('li').allTextContents()).toEqual(['clients_1.csv 342 kB bbbbbbbbbbbb', 'and 119 more']);
});

test('the graph is a list to a screen reader, and its datasets are links by keyboard', async () => {
  const v = await open();
  const list = v.widget('lineage').locator('ol');
  expect(await list.locator('li').count()).toBe(7);
  expect(await list.locator('li[data-node="silver.achats"]').textContent()).toContain('Reads bronze.achats, silver.clients');
  expect(await list.locator('a').allTextContents()).toEqual(['fact_achats', 'client_features']);
  expect(await list.locator('li[aria-current="page"]').getAttribute('data-node')).toBe('gold.client_scores');
  expect(await violations(v)).toEqual([]);
  await list.locator('a', { hasText: 'client_features' }).focus();
  await v.page.keyboard.press('Enter');
  await v.ready();
  expect(new URL(v.page.url()).pathname).toBe('/ui/datasets/client_features');
  expect(await v.widget('lineage').count()).toBe(0);
});

test('on a phone it goes downwards within the width of the page, in the dark and in French too', async () => {
  const v = await open({ viewport: { width: 360, height: 780 }, colorScheme: 'dark' }, '?lang=fr');
  const at = await boxes(v);
  for (const [from, to, start, end] of await ends(v)) {
    const [a, b] = [at[from], at[to]];
    expect(a && Math.abs(a.x + a.width / 2 - start.x) < 2 && Math.abs(a.y + a.height - start.y) < 2, `the line from ${from}`).toBe(true);
    expect(b && Math.abs(b.x + b.width / 2 - end.x) < 2 && Math.abs(b.y - end.y) < 2, `the line to ${to}`).toBe(true);
  }
  expect(Math.max(...Object.values(at).map(({ x, width }) => x + width))).toBeLessThan(360);
  expect(await v.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await v.widget('lineage').locator('h2').textContent()).toBe('Lignage');
  expect(await violations(v)).toEqual([]);
});
