import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sample, Server } from './program';
import { violations } from './violations';
import { visit, type Visit } from './visit';

// The lineage of a dataset of a lake that a build made: the sample's gold, and the record of a build beside it.

const server = new Server(inject('program'), 'lineage');
const lake = join(dirname(inject('program')), 'lineage');
const sha256 = (of: string | Buffer): string => createHash('sha256').update(of).digest('hex');
const build = 'b4c1f0d2a7e94b3c8f5a';
const id = (of: string): string => sha256(`id of ${of}`);

interface Table {
  name: string;
  rows: number;
  inputs: string[];
  parameters?: string[];
  rejected?: Record<string, number>;
}

const silver: Table[] = [
  { name: 'clients', rows: 1487, inputs: ['bronze.clients'], rejected: { missing_field: 5, duplicate_id: 12 } },
  { name: 'achats', rows: 22403, inputs: ['bronze.achats', 'silver.clients'], parameters: ['max_amount'], rejected: { missing_field: 66, orphan_client: 400 } },
];
const gold: Table[] = [
  { name: 'fact_achats', rows: 22403, inputs: ['silver.achats', 'silver.clients'] },
  { name: 'client_features', rows: 1487, inputs: ['gold.fact_achats', 'silver.clients'], parameters: ['horizon_days'] },
  { name: 'client_scores', rows: 1487, inputs: ['gold.client_features'], parameters: ['horizon_days'] },
  ...['dim_clients', 'segment_summary', 'ca_monthly', 'ca_country', 'ca_product', 'cohort_first_purchase'].map((name): Table => ({ name, rows: 1, inputs: ['gold.fact_achats'] })),
];
/** The tables that client_scores is made of, and itself, each after those that it reads. */
const above = ['bronze.achats', 'bronze.clients', 'silver.clients', 'silver.achats', 'gold.fact_achats', 'gold.client_features', 'gold.client_scores'];
const lines = [...silver.map((table) => ({ ...table, stage: 'silver' })), ...gold.slice(0, 3).map((table) => ({ ...table, stage: 'gold' }))]
  .flatMap(({ stage, name, inputs }) => inputs.map((from) => `${from} ${stage}.${name}`)).sort();

beforeAll(async () => {
  cpSync(join(sample, 'gold'), lake, { recursive: true });
  server.publish(lake); // a release that no build made
  const file = (name: string): object => {
    const bytes = readFileSync(join(lake, `${name}.parquet`));
    return { path: `${name}.parquet`, bytes: bytes.length, sha256: sha256(bytes) };
  };
  const table = (stage: string, made: Table): object => ({
    stage, ...made, id: id(made.name), sql: `sql/${stage}/${made.name}.sql`, sql_sha256: sha256(made.name), parameters: made.parameters ?? [], files: stage === 'gold' ? [file(made.name)] : [],
  });
  writeFileSync(join(lake, '_build.json'), JSON.stringify({
    build, engine: { name: 'duckdb', version: '1.5.6' }, parameters: [{ name: 'max_amount', value: '10000' }, { name: 'horizon_days', value: '365' }],
    sources: [
      { name: 'achats', id: id('bronze'), files: [{ path: 'achats.parquet', bytes: 2544144, sha256: sha256('a') }] },
      { name: 'clients', id: id('bronze'), files: Array.from({ length: 120 }, (_, i) => ({ path: `clients/${i + 1}.csv`, bytes: 1000, sha256: sha256(String(i)) })) },
    ],
    tables: [...silver.map((made) => table('silver', made)), ...gold.map((made) => table('gold', made))],
  }));
  server.publish(lake, '--as-of', '2026-02-01T00:00:00Z');
  await server.start();
});

afterAll(async () => {
  await server.stop();
});

type Options = NonNullable<Parameters<typeof visit>[1]>;

async function open(options: Options = {}, query = ''): Promise<Visit> {
  return visit(`datasets/client_scores${query}`, { url: server.url, ...options });
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
  expect(Object.keys(at)).toEqual(above);
  const drawn = await ends(v);
  expect(drawn.map(([from, to]) => `${from} ${to}`).sort()).toEqual(lines);
  for (const [from, to, start, end] of drawn) {
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
  expect(await w.locator('[data-metric="build"] code').getAttribute('title')).toBe(build);
  expect(await w.locator('[data-metric="engine"]').textContent()).toBe('duckdb 1.5.6');
  expect(await w.locator('[data-metric="max_amount"]').textContent()).toBe('10000');
  const row = w.locator('tr[data-key="silver.achats"]');
  expect(await row.locator('td, th').allTextContents()).toEqual(['silver.achats', `sql/silver/achats.sql ${sha256('achats').slice(0, 12)}`, 'bronze.achats, silver.clients', 'max_amount', '22,403', '466', id('achats').slice(0, 12)]);
  const clients = w.locator('tr[data-key="bronze.clients"]');
  await clients.locator('summary').click();
  expect(await clients.locator('li').allTextContents()).toEqual([...Array.from({ length: 20 }, (_, i) => `clients/${i + 1}.csv 1 kB ${sha256(String(i)).slice(0, 12)}`), 'and 100 more']);
  expect(await clients.locator('summary').textContent()).toBe('120 files · 120 kB');
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
  expect(await v.widget('lineage').locator('li[aria-current="page"]').getAttribute('data-node')).toBe('gold.client_features');
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

test('a release tells which build made it, and one that no build made has no lineage', async () => {
  const v = await visit('releases', { url: server.url });
  expect(await v.widget('releases').locator('td[data-metric="build"]').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-value')))).toEqual([build, '']);
  await v.page.locator('[data-widget="releases"] tr[data-key="2"] th a').click();
  await v.ready();
  expect(await v.page.locator('dd[data-metric="build"]').textContent()).toBe(build.slice(0, 12));
  const before = await open({}, '?release=1');
  expect(await before.widget('lineage').count()).toBe(0);
  expect(await before.widget('fields').count()).toBe(1);
});
