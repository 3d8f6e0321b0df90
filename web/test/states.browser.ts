import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sample, Server } from './program';
import { visit } from './visit';

// What the page does when there is no data, when something fails, and when time goes on: on a store of its own.

const server = new Server(inject('program'), 'states');
const lake = join(dirname(inject('program')), 'states');

beforeAll(async () => {
  cpSync(join(sample, 'gold'), lake, { recursive: true });
  await server.start();
});

afterAll(async () => {
  await server.stop();
});

test('before the first release the page says what to do, and opens by itself once there is one', async () => {
  const v = await visit('', { url: server.url, troubled: true });
  await v.page.getByText('goldserve publish').waitFor();
  server.publish(lake);
  await v.page.locator('[data-card="total_ca"]').waitFor();
  await v.ready();
  expect((await v.cards())['total_ca']).toBeGreaterThan(0);
});

test('a new release is told, and shown when the reader asks for it', async () => {
  const v = await visit('', { url: server.url });
  expect(await v.page.locator('.status').textContent()).toContain('Release 1');
  server.publish(lake, '--as-of', '2026-02-01T00:00:00Z');
  const toast = v.page.locator('[data-toast="release"]');
  await toast.waitFor();
  // Whatever is asked meanwhile is of the release that the page shows.
  await v.choose('segment_label', 'VIP');
  expect(await v.page.locator('.status').textContent()).toContain('Release 1');
  const asked: string[] = [];
  v.page.on('request', (r) => asked.push(r.url()));
  await v.page.locator('[data-action="show-release"]').click();
  await v.page.locator('.status', { hasText: 'Release 2' }).waitFor();
  await v.ready();
  expect(await toast.count()).toBe(0);
  expect(asked.filter((url) => url.includes('release=1'))).toEqual([]);
  expect(new URL(v.page.url()).searchParams.get('segment_label')).toBe('VIP');
});

test('an older release is marked as one', async () => {
  const v = await visit('?release=1', { url: server.url });
  const banner = v.page.locator('[data-banner="release"]');
  await banner.waitFor();
  expect(await banner.textContent()).toContain('1');
  await banner.locator('a').click();
  await v.page.locator('.status', { hasText: 'Release 2' }).waitFor();
  expect(await banner.count()).toBe(0);
});

test('a release says what changed in it', async () => {
  const v = await visit('releases/2', { url: server.url });
  const facts = v.page.locator('[data-widget="changes"] tr[data-key="fact_achats"]');
  expect(await facts.locator('[data-metric="content"]').getAttribute('data-value')).toBe('same');
  expect(await facts.locator('[data-metric="before"]').getAttribute('data-value')).toBe(await facts.locator('[data-metric="after"]').getAttribute('data-value'));
  await v.page.locator('nav a', { hasText: 'Releases' }).click();
  await v.ready();
  await v.widget('releases').locator('tr[data-key="1"] td a').last().click();
  await v.page.locator('[data-banner="release"]').waitFor();
  expect(new URL(v.page.url()).searchParams.get('release')).toBe('1');
});

test('without a benchmark there is no page for one', async () => {
  const v = await visit('', { url: server.url });
  expect(await v.page.locator('nav a[href*="benchmark"]').count()).toBe(0);
});

test('a filter that nothing has leaves empty widgets and the nearest value', async () => {
  const v = await visit('?pays=Frence', { url: server.url });
  expect(await v.widget('products').getAttribute('data-state')).toBe('empty');
  expect(await v.widget('products').textContent()).toContain('France');
  expect((await v.cards())['total_ca']).toBe(0);
});

test('while an answer is on its way its widget says so, and the others are there', async () => {
  const v = await visit('about', { url: server.url, troubled: true });
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => { answer = resolve; });
  await v.page.route(/concentration/, async (route) => {
    await held;
    await route.continue();
  });
  await v.page.goto(`${server.url}/ui`);
  await v.page.locator('[data-widget="countries"][data-state="ready"]').waitFor();
  expect(await v.widget('concentration').getAttribute('data-state')).toBe('loading');
  expect(await v.widget('concentration').getAttribute('aria-busy')).toBe('true');
  answer();
  await v.page.locator('[data-widget="concentration"][data-state="ready"]').waitFor();
});

test('an answer that was kept from before is marked', async () => {
  const v = await visit('about', { url: server.url, troubled: true });
  await v.page.route(/group_by=pays/, async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { meta: Record<string, unknown> };
    body.meta['stale'] = true;
    await route.fulfill({ response, json: body });
  });
  await v.page.goto(`${server.url}/ui`);
  await v.ready();
  expect(await v.widget('countries').getAttribute('data-stale')).not.toBeNull();
  expect(await v.widget('products').getAttribute('data-stale')).toBeNull();
});

test('a problem is told in its words, in its widget alone', async () => {
  const v = await visit('about', { url: server.url, troubled: true });
  await v.page.route(/group_by=produit/, (route) => route.fulfill({ status: 504, contentType: 'application/problem+json', body: JSON.stringify({ status: 504, code: 'query_timeout', title: 'Query timeout', detail: 'the answer took too long', request_id: 'X1' }) }));
  await v.page.goto(`${server.url}/ui`);
  await v.ready();
  expect(await v.widget('products').getAttribute('data-state')).toBe('error');
  expect(await v.widget('products').textContent()).toContain('the answer took too long');
  expect(await v.widget('countries').getAttribute('data-state')).toBe('ready');
  await v.page.unroute(/group_by=produit/);
  await v.widget('products').locator('[data-action="retry"]').click();
  await v.page.locator('[data-widget="products"][data-state="ready"]').waitFor();
});

test('a lake that is followed is named, and why it is not published', async () => {
  const following = new Server(inject('program'), 'following');
  const folder = join(dirname(inject('program')), 'following');
  mkdirSync(folder);
  const models = join(import.meta.dirname, 'models');
  const file = join(folder, 'bins.parquet');
  writeFileSync(file, 'PAR1 cut short');
  await following.start('--lake', folder, '--models', models, '--model', 'bare', '--watch', '100ms');
  try {
    const v = await visit('?lang=en', { url: following.url, troubled: true });
    const line = v.page.locator('[data-watching]');
    await v.page.locator('.opening [data-watching="failing"]').waitFor();
    expect(await line.textContent()).toContain('bins.parquet');
    copyFileSync(join(models, 'bare/lake/bins.parquet'), file);
    await v.page.locator('footer[data-watching="current"]').waitFor();
    expect(await line.textContent()).toBe('Following following · last look: now');
    writeFileSync(file, 'PAR1 cut short again');
    await expect.poll(async () => ((await (await fetch(`${following.url}/readyz`)).json()) as { watching: { last_failure?: { current: boolean } } }).watching.last_failure?.current).toBe(true);
    await v.page.reload();
    await v.page.locator('.banner[data-watching="failing"]').waitFor();
    expect(await line.textContent()).toMatch(/^Not published since .*: .*bins\.parquet/);
  } finally {
    await following.stop();
  }
});

test('the server goes and comes back', async () => {
  const v = await visit('', { url: server.url, troubled: true });
  await v.ready();
  await server.stop();
  await v.choose('segment_label', 'VIP');
  await v.page.locator('[data-widget="countries"][data-state="error"]').waitFor();
  await server.start();
  await v.widget('countries').locator('[data-action="retry"]').click();
  await v.page.locator('[data-widget="countries"][data-state="ready"]').waitFor();
  await v.page.reload();
  await v.ready();
  expect(await v.page.locator('[data-state="error"]').count()).toBe(0);
});
