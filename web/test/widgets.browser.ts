import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { by, near } from './near';
import { expectedRows, Server } from './program';
import { visit, type Visit } from './visit';

// How widgets show figures of any model: by every grain, in narrow places, of contracts that nobody wrote.

const data = inject('data');
const models = join(import.meta.dirname, 'models');
const written = new Server(inject('program'), 'widgets');
const guessed = new Server(inject('program'), 'guessed');

beforeAll(async () => {
  for (const model of ['orders', 'visits']) written.publish(join(models, model, 'lake'), '--models', models, '--model', model);
  guessed.publish(join(models, 'visits', 'lake'), '--infer', '--model', 'guessed');
  await Promise.all([written.start('--models', models), guessed.start()]);
});

afterAll(async () => {
  await Promise.all([written.stop(), guessed.stop()]);
});

async function of(model: string, path: string, width = 1280): Promise<Visit> {
  return visit(path, { url: `${written.url}/m/${model}`, viewport: { width, height: 900 } });
}

async function grains(v: Visit, id: string): Promise<string[]> {
  return v.widget(id).locator('.segmented button').allTextContents();
}

test('bars by quarter and year add up the months, and are offered where there are several', async () => {
  const months = by(expectedRows(data, 'monthly'), 'mois', 'ca');
  const sums = (name: (month: string) => string): Record<string, number> => {
    const added: Record<string, number> = {};
    for (const [month, value] of Object.entries(months)) added[name(month)] = (added[name(month)] ?? 0) + value;
    return added;
  };
  const v = await visit('?lang=en&revenue.grain=quarter&revenue.view=table');
  expect(await grains(v, 'revenue')).toEqual(['Day', 'Week', 'Month', 'Quarter', 'Year']);
  near(await v.values('revenue', 'total_ca'), sums((month) => `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5, 7)) / 3)}`));
  await v.widget('revenue').getByRole('button', { name: 'Year' }).click();
  await v.ready();
  near(await v.values('revenue', 'total_ca'), sums((month) => month.slice(0, 4)));
  // A quarter is not offered of two months: the link's wish is left, and bars are of what suits the span.
  await v.go('?lang=en&revenue.grain=quarter&period=90d');
  await v.ready();
  expect(await grains(v, 'revenue')).toEqual(['Day', 'Week', 'Month']);
  expect(await v.widget('revenue').locator('[aria-pressed="true"]').first().textContent()).toBe('Week');
});

test('a day is shown by its hours, each beside the same hour of the day before', async () => {
  const v = await of('visits', '?lang=en&period=2025-02-05..2025-02-05&trend.view=table');
  expect(await grains(v, 'trend')).toEqual(['Hour', 'Day', 'Week', 'Month']);
  expect(await v.widget('trend').locator('.segmented [aria-pressed="true"]').textContent()).toBe('Hour');
  const hours = await v.values('trend', 'transferred');
  expect(Object.keys(hours).every((hour) => hour.startsWith('2025-02-05T'))).toBe(true);
  expect(Object.values(hours).reduce((sum, value) => sum + value, 0)).toBe(225_000_000);
  const before = await v.values('trend', 'compared');
  expect(Object.values(before).reduce((sum, value) => sum + value, 0)).toBe(225_000_000);
});

test('no figure of a ranking runs into the next, however narrow it is', async () => {
  for (const width of [360, 768, 1280]) {
    const v = await visit('', { viewport: { width, height: 900 } });
    const overlaps = await v.page.locator('.rank').evaluateAll((all) => all.flatMap((rank) => {
      const shown = [...rank.children].filter((child) => child.getClientRects().length > 0).map((child) => {
        // A text that is too long for its box is told by its range.
        const range = document.createRange();
        range.selectNodeContents(child);
        const [box, text] = [child.getBoundingClientRect(), range.getBoundingClientRect()];
        const cut = getComputedStyle(child).overflow === 'hidden';
        return { from: cut || text.width === 0 ? box.left : Math.min(box.left, text.left), to: cut || text.width === 0 ? box.right : Math.max(box.right, text.right), text: child.textContent };
      });
      const within = rank.getBoundingClientRect().right;
      return shown.filter((child, i) => child.to > (shown[i + 1]?.from ?? within) + 0.5).map((child) => child.text);
    }));
    expect(overlaps, `${width} px`).toEqual([]);
  }
});

test('a mean has no share, and zeros are seen above their axis', async () => {
  const v = await of('orders', '?lang=en');
  expect(await v.widget('colors').locator('.rank-share').count()).toBeGreaterThan(0);
  expect(await v.widget('means').locator('.rank').count()).toBeGreaterThan(0);
  expect(await v.widget('means').locator('.rank-share').count()).toBe(0);
  await v.widget('lost').scrollIntoViewIfNeeded();
  const bars = v.widget('lost').locator('.chart svg path[fill]:not([fill="none"])');
  await expect.poll(async () => (await bars.evaluateAll((all) => all.filter((bar) => bar.getBoundingClientRect().height >= 1.5).length))).toBeGreaterThan(1);
  const marks = await v.widget('lost').locator('.chart svg text').allTextContents();
  expect(marks.filter((mark) => mark.includes('€'))).toEqual(['€0']);
});

test('the month of a cohort stays in sight beside its later ages', async () => {
  const v = await visit('?lang=en', { viewport: { width: 360, height: 780 } });
  const scroll = v.widget('cohorts').locator('.table-scroll');
  await scroll.scrollIntoViewIfNeeded();
  await scroll.evaluate((box) => { box.scrollLeft = 200; box.scrollTop = 40; });
  const box = await scroll.boundingBox();
  const [row, corner] = [await scroll.locator('tbody th').nth(4).boundingBox(), await scroll.locator('thead th').first().boundingBox()];
  const off = (at: number | undefined, of: number | undefined): number => Math.abs((at ?? NaN) - (of ?? NaN));
  expect(off(row?.x, box?.x)).toBeLessThanOrEqual(1);
  expect(off(corner?.x, box?.x)).toBeLessThanOrEqual(1);
  expect(off(corner?.y, box?.y)).toBeLessThanOrEqual(1);
});

test('a model that nobody wrote says that it is inferred', async () => {
  const v = await visit('?lang=en', { url: guessed.url });
  const note = v.page.locator('.status [data-inferred]');
  expect(await note.textContent()).toBe('inferred');
  expect(await note.getAttribute('title')).toContain('goldserve init');
  await v.go('datasets?lang=en');
  await v.ready();
  expect(await v.page.locator('main [data-inferred]').textContent()).toContain('inferred from the files');
  await v.go('releases/1?lang=en');
  await v.ready();
  expect(await v.page.locator('[data-badge="inferred"]').count()).toBe(1);
  // What was written is not.
  const other = await of('orders', 'datasets?lang=en');
  expect(await other.page.locator('[data-inferred]').count()).toBe(0);
});
