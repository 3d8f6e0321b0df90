import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Server } from './program';
import { violations } from './violations';
import { visit, type Visit } from './visit';

// What differs between two releases of a lake that is small enough to be compared by hand.

const server = new Server(inject('program'), 'diff');
const folder = join(dirname(inject('program')), 'diff');

const contract = `apiVersion: v3.1.0
kind: DataContract
id: shop.sales
version: 1.0.0
status: active
schema:
  - name: sales
    customProperties: [{property: goldserve, value: {metrics: {revenue: {formula: sum(amount), label: {en: Revenue, fr: Ventes}, unit: EUR, format: money}, lines: count()}}}]
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, customProperties: [{property: goldserve, value: {label: {en: Sale, fr: Vente}}}]}
      - {name: product, logicalType: string, required: true}
      - {name: amount, logicalType: number, customProperties: [{property: goldserve, value: {unit: EUR, format: money}}]}
      - {name: email, logicalType: string, required: true, classification: pii, customProperties: [{property: goldserve, value: {mask: initials}}]}
  - name: notes
    properties: [{name: note, logicalType: string}]
  - name: numbers
    properties: [{name: n, logicalType: integer, required: true, primaryKey: true}, {name: twice, logicalType: integer, required: true}]
  - name: towns
    properties: [{name: name, logicalType: string, required: true, primaryKey: true}]
`;

function publish(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'lake', name), text);
  server.publish(join(folder, 'lake'), '--models', join(folder, 'models'), '--model', 'shop');
}

/** The numbers below 250, of which another multiple is told beside the first 230. */
function numbers(factor: number): string {
  return ['n,twice', ...Array.from({ length: 250 }, (_, n) => `${n},${n * (n < 230 ? factor : 2)}`)].join('\n');
}

/** Writes a Delta table of one file, whose second version adds nothing. */
function writeTable(path: string, file: string): void {
  mkdirSync(join(path, '_delta_log'), { recursive: true });
  copyFileSync(file, join(path, 'part.parquet'));
  const schema = { type: 'struct', fields: [{ name: 'name', type: 'string', nullable: true, metadata: {} }, { name: 'size', type: 'double', nullable: true, metadata: {} }] };
  const actions = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    { metaData: { id: 'c0ffee00-0000-4000-8000-000000000000', format: { provider: 'parquet', options: {} }, schemaString: JSON.stringify(schema), partitionColumns: [], configuration: {}, createdTime: 0 } },
    { add: { path: 'part.parquet', partitionValues: {}, size: statSync(file).size, modificationTime: 0, dataChange: true } },
  ];
  writeFileSync(join(path, '_delta_log', '00000000000000000000.json'), actions.map((action) => JSON.stringify(action)).join('\n'));
  writeFileSync(join(path, '_delta_log', '00000000000000000001.json'), JSON.stringify({ commitInfo: { timestamp: 0, operation: 'OPTIMIZE' } }));
}

beforeAll(async () => {
  for (const path of ['lake', 'models/shop/contracts']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'models/shop/model.yaml'), 'name: shop\ntitle: {en: Shop, fr: Magasin}\nfacts: sales\nkpis: [revenue, lines]\n');
  writeFileSync(join(folder, 'models/shop/contracts/sales.odcs.yaml'), contract);
  writeTable(join(folder, 'lake/towns'), join(import.meta.dirname, 'models/stock/lake/towns.parquet'));
  publish({
    'sales.csv': 'id,product,amount,email\n1,mug,10,anna@example.org\n2,cup,20.5,ben@example.org\n3,pot,5.25,cleo@example.org\n',
    'notes.csv': 'note\na\na\nb\n',
    'numbers.csv': numbers(2),
  });
  // One sale is gone, one came, one has another product, one another address alone; a note is there once more.
  publish({ 'sales.csv': 'id,product,amount,email\n1,mug,10,new@example.org\n2,saucer,,ben@example.org\n4,pan,100.125,dora@example.org\n', 'notes.csv': 'note\na\na\na\nc\n', 'numbers.csv': numbers(3) });
  await server.start('--models', join(folder, 'models'));
});

afterAll(async () => {
  await server.stop();
});

async function open(path: string, options: Parameters<typeof visit>[1] = {}): Promise<Visit> {
  return visit(path, { url: server.url, ...options });
}

/** The texts of the cells of a table, row by row. */
async function cells(v: Visit, id: string): Promise<string[][]> {
  return v.widget(id).locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

test('two releases are compared: the newest and the one before, by figures, datasets and rows', async () => {
  const v = await open('releases?lang=en');
  await v.page.locator('[data-action="compare"]').focus();
  await v.page.keyboard.press('Enter');
  await v.ready();
  expect(new URL(v.page.url()).pathname).toMatch(/\/ui\/releases\/1\.\.2$/);
  // 10 + 20.50 + 5.25 = 35.75, 10 + 100.125 = 110.125: 208.04 % more.
  expect(await cells(v, 'figures')).toEqual([['Revenue', '€35.75', '€110.13', '+€74.38', '+208%'], ['Lines', '3', '3', '=', '0.0%']]);
  expect(await cells(v, 'diff')).toEqual([
    ['notes', '2', '1', '—', '3', '4'],
    ['numbers', '0', '0', '229', '250', '250'],
    ['sales', '1', '1', '1', '3', '3'],
  ]);
  expect(await v.page.locator('[data-metric="same"]').textContent()).toContain('towns');
  await v.widget('diff').getByRole('link', { name: 'sales' }).focus();
  await v.page.keyboard.press('Enter');
  await v.ready();
  // A changed row has what differs alone, beside the key; the column that changed comes first. Addresses are nowhere.
  expect(await v.widget('rows').locator('thead th').allTextContents()).toEqual(['What', 'Sale', 'Product', 'Amount']);
  expect(await cells(v, 'rows')).toEqual([
    ['≠ changed', '2', 'cup → became saucer', '€20.50 → became —'],
    ['− removed', '3', 'pot', '€5.25'],
    ['+ added', '4', 'pan', '€100.13'],
  ]);
  expect(await v.page.locator('main').textContent()).toContain('1 added, 1 removed, 1 changed');
  expect(await v.page.locator('main').textContent()).toContain('Masked fields are not compared: Email.');
  expect(await violations(v)).toEqual([]);
  expect(await v.page.content()).not.toContain('example.org');
  const api = await v.page.request.get((await v.widget('rows').locator('[data-action="api"]').getAttribute('href')) ?? '');
  expect(api.status()).toBe(200);
});

test('rows come page by page, each at its own address', async () => {
  const v = await open('releases/1..2/numbers?lang=fr', { viewport: { width: 360, height: 780 } });
  const place = async (): Promise<string | null> => v.page.locator('.paging [role="status"]').textContent();
  await expect.poll(place).toBe('1 – 100 sur 229'); // how many there are comes with another answer than the rows
  await v.page.locator('.paging').getByRole('link', { name: 'Suivant' }).click();
  await v.page.locator('.paging').getByRole('link', { name: 'Suivant' }).click();
  await v.ready();
  await expect.poll(place).toBe('201 – 229 sur 229');
  expect((await cells(v, 'rows')).length).toBe(29);
  expect((await cells(v, 'rows'))[28]).toEqual(['≠ modifiée', '229', '458 → devient 687']);
  expect(await v.page.locator('.paging').getByRole('link', { name: 'Suivant' }).count()).toBe(0);
  await v.page.reload();
  await v.ready();
  await expect.poll(place).toBe('201 – 229 sur 229');
  expect(await v.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  // Without a key, rows are counted: b is gone, one a more, and c.
  await v.go('releases/1..2/notes?lang=fr');
  await v.ready();
  expect((await cells(v, 'rows')).sort()).toEqual([['+ ajoutée', 'a'], ['+ ajoutée', 'c'], ['− supprimée', 'b']]);
  expect(await v.page.locator('main').textContent()).toContain("n'ont pas de clé commune");
});

test('where rows were read from is told, and which version of it', async () => {
  const v = await open('releases/2?lang=en');
  const source = async (name: string): Promise<string | null> => v.widget('changes').locator(`[data-key="${name}"] [data-metric="source"]`).textContent();
  expect(await source('towns')).toContain('Delta version 1 of lake/towns · 1.71 kB · written ');
  expect(await source('notes')).toContain('lake/notes.csv · 13 bytes · written ');
  await v.go('datasets/towns?lang=fr');
  await v.ready();
  expect(await v.page.locator('.lead[data-metric="source"]').textContent()).toContain('Delta, version 1 de lake/towns');
  // Of a first release too.
  await v.go('releases/1?lang=en');
  await v.ready();
  expect(await source('towns')).toContain('Delta version 1 of lake/towns');
});

test('a server without room is asked again, and what cannot be compared says so', async () => {
  const v = await open('releases', { troubled: true });
  let refused = 0;
  await v.page.route(/\/diff\?/, async (route) => {
    if (++refused > 1) await route.continue();
    else await route.fulfill({ status: 429, headers: { 'Retry-After': '1' }, contentType: 'application/problem+json', body: JSON.stringify({ status: 429, code: 'overloaded', detail: 'busy' }) });
  });
  await v.page.goto(`${server.url}/ui/releases/1..2?lang=en`);
  await v.widget('diff').getByText('asking again').waitFor();
  await v.page.locator('[data-widget="diff"][data-state="ready"]').waitFor();
  expect(refused).toBe(2);
  await v.page.goto(`${server.url}/ui/releases/2..2?lang=en`);
  await v.widget('diff').getByText('No row differs').waitFor();
  await v.page.goto(`${server.url}/ui/releases/1..9?lang=en`);
  await v.page.getByText('shop has no release 9').waitFor();
  expect(await v.page.locator('[data-action="retry"]').count()).toBe(0);
  // A release without rows keeps its key figures.
  publish({ 'numbers.csv': numbers(5) });
  server.run('prune', '--keep', '0', '--keep-months', '0', '--grace', '0s');
  await v.page.goto(`${server.url}/ui/releases/1..2?lang=en`);
  await v.page.locator('[data-state="gone"]').waitFor();
  expect(await v.page.locator('[data-state="gone"]').textContent()).toContain('releases 1 and 2 have been dropped');
  expect((await cells(v, 'figures'))[0]?.slice(1, 3)).toEqual(['€35.75', '€110.13']);
});
