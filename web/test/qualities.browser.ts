import { expect, inject, test } from 'vitest';
import { Server } from './program';
import { visit, type Visit } from './visit';

/** Whether the page has to be scrolled sideways. */
async function overflow(v: Visit): Promise<number> {
  return v.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test('rows 0 to 4 are in sight at 1440 × 900', async () => {
  const v = await visit();
  for (const id of ['cards', 'revenue', 'segments', 'countries', 'products', 'to_call']) {
    const box = await v.widget(id).boundingBox();
    expect(box && box.y + box.height, id).toBeLessThanOrEqual(900);
  }
  const [header, filters] = [await v.page.locator('.page-header').boundingBox(), await v.page.locator('.filter-bar').boundingBox()];
  expect([header?.height, filters?.height]).toEqual([44, 44]);
});

test('the filters stay in sight', async () => {
  const v = await visit();
  await v.page.mouse.wheel(0, 600);
  await expect.poll(async () => v.page.evaluate(() => scrollY)).toBeGreaterThan(0);
  expect((await v.page.locator('.filter-bar').boundingBox())?.y).toBeGreaterThanOrEqual(0);
});

test('nothing is cut off from 360 to 1920 px, nor at a zoom of 400 %', async () => {
  // A window of 1280 px at 400 % has 320 px of CSS.
  for (const [width, height] of [[360, 780], [320, 256], [768, 1024], [1920, 1080]] as const) {
    const v = await visit('?pays=France', { viewport: { width, height } });
    expect(await overflow(v), `${width} px`).toBeLessThanOrEqual(0);
    for (const widget of await v.page.locator('[data-widget]').all()) {
      const box = await widget.boundingBox();
      expect(box && box.x + box.width, `${width} px`).toBeLessThanOrEqual(width);
    }
  }
});

test('everything works by the keyboard alone, and the focus is seen', async () => {
  const v = await visit();
  const { keyboard } = v.page;
  const focused = async (): Promise<string> => v.page.evaluate(() => {
    const at = document.activeElement as HTMLElement;
    return [at.tagName, at.className, at.closest('[data-filter]')?.getAttribute('data-filter'), at.dataset['action'], at.dataset['value']].join(' ');
  });
  /** Goes on until the focus is on what is looked for; every stop on the way shows where it is. */
  const until = async (what: RegExp, key = 'Tab'): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      await keyboard.press(key);
      const outlined = await v.page.evaluate(() => {
        const at = document.activeElement;
        if (!at || at === document.body) return true;
        const of = (e: Element): boolean => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || s.boxShadow !== 'none'; };
        return of(at) || (at.parentElement !== null && of(at.parentElement));
      });
      expect(outlined, `no focus is seen on ${await focused()}`).toBe(true);
      if (what.test(await focused())) return;
    }
    throw new Error(`the keyboard does not reach ${what}`);
  };
  // The first stop skips what is on every page.
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  expect(await focused()).toMatch(/^MAIN/);
  await v.page.reload();
  await v.ready();
  await until(/control.* segment_label/);
  await keyboard.press('Enter');
  await until(/ VIP$/);
  await keyboard.press('Space');
  await keyboard.press('Escape');
  await v.ready();
  expect(await focused()).toMatch(/control.* segment_label/);
  expect(new URL(v.page.url()).searchParams.get('segment_label')).toBe('VIP');
  await until(/ table /);
  await keyboard.press('Enter');
  await v.ready();
  expect(await v.page.locator('[data-widget] table').count()).toBeGreaterThan(0);
});

test('French: words, figures and dates', async () => {
  const v = await visit('', { locale: 'fr-FR' });
  expect(await v.page.locator('html').getAttribute('lang')).toBe('fr');
  expect(await v.widget('revenue').locator('h2').textContent()).toBe("Comment va le chiffre d'affaires ?");
  expect(await v.page.locator('[data-card="total_ca"] .kpi-value').textContent()).toMatch(/^[\d\u202f\u00a0 ,]+.*€$/u);
  await v.page.locator('[data-action="lang"]').click();
  await v.ready();
  expect(await v.page.locator('html').getAttribute('lang')).toBe('en');
  expect(new URL(v.page.url()).searchParams.get('lang')).toBe('en');
  expect(await v.page.locator('[data-card="total_ca"] .kpi-value').textContent()).toMatch(/^€[\d,.]+/);
});

test('dark by the system or by choice, which is kept', async () => {
  const ground = async (v: Visit): Promise<string> => v.page.evaluate(() => [document.documentElement, document.body].map((e) => getComputedStyle(e).backgroundColor).join(' '));
  const light = await visit('', { colorScheme: 'light' });
  const dark = await visit('', { colorScheme: 'dark' });
  expect(await ground(dark)).not.toBe(await ground(light));
  for (let i = 0; i < 3 && (await ground(light)) !== (await ground(dark)); i++) await light.page.locator('[data-action="theme"]').click();
  expect(await ground(light)).toBe(await ground(dark));
  await light.page.reload();
  await light.ready();
  expect(await ground(light)).toBe(await ground(dark));
});

test('on paper there are figures and no controls', async () => {
  const v = await visit();
  await v.page.emulateMedia({ media: 'print' });
  expect(await v.page.locator('[data-card="total_ca"]').isVisible()).toBe(true);
  expect(await v.page.locator('[data-action="share"]').isVisible()).toBe(false);
  expect(await v.page.locator('.widget .actions').first().isVisible()).toBe(false);
});

test('the script before charts is below 60 kB, charts come after the first figures', async () => {
  const response = await fetch(`${inject('url')}/ui/app.js`, { headers: { 'Accept-Encoding': 'gzip' } });
  const length = Number(response.headers.get('Content-Length'));
  expect(response.headers.get('Content-Encoding')).toBe('gzip');
  expect(length).toBeGreaterThan(1000);
  expect(length).toBeLessThan(60_000);
});

test('a second visit transfers almost nothing, and each widget asks once', async () => {
  const v = await visit();
  const asked: string[] = [];
  v.page.on('request', (request) => asked.push(request.url()));
  const transferred = async (): Promise<number> => v.page.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((sum, e) => sum + (e as PerformanceResourceTiming).transferSize, 0));
  const first = await transferred();
  await v.page.reload();
  await v.ready();
  const second = await transferred();
  expect(second).toBeLessThan(first / 20);
  expect(second).toBeLessThan(8_000);
  const questions = asked.filter((url) => !/\/ui(\/|$)|\/events|\/readyz$/.test(new URL(url).pathname));
  expect(new Set(questions).size).toBe(questions.length);
  // The dashboard itself; two questions for cards, whose sparklines are the second, for countries, whose change of the last
  // month is, and for cohorts, whose sizes are; one for each of the eight other widgets.
  expect(questions.length).toBeLessThanOrEqual(1 + 2 + 2 + 2 + 8);
});

test('below a base path, and for a model of its own URL', async () => {
  const server = new Server(inject('program'), 'data');
  try {
    await server.start('--base-path', '/gold');
    for (const path of ['/', '/m/retail', '/m/retail/ui']) {
      const v = await visit('', { url: server.url });
      const asked: string[] = [];
      v.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await v.page.goto(`${server.url}/gold${path}`);
      await v.ready();
      expect((await v.cards())['total_ca']).toBeGreaterThan(0);
      await v.choose('segment_label', 'VIP');
      expect(new URL(v.page.url()).searchParams.get('segment_label')).toBe('VIP');
      expect(asked.filter((url) => !url.startsWith('/gold/'))).toEqual([]);
      await v.page.close(); // it listens to events, which the server's end would cut
    }
  } finally {
    await server.stop();
  }
});
