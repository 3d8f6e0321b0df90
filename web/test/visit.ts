import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';

let browser: Browser | undefined;
let open: Visit[] = [];

beforeAll(async () => {
  browser = await chromium.connect(inject('browser'));
});

afterEach(async () => {
  const visits = open;
  open = [];
  for (const visit of visits) await visit.end();
});

afterAll(async () => {
  await browser?.close();
});

interface VisitOptions extends BrowserContextOptions {
  /** Of the server; without it, that of the data. */
  url?: string;
  /** Failed requests are expected: a server that is gone, a problem. */
  troubled?: boolean;
}

/** Opens a page below /ui/ in a browser of its own, and waits until it is ready. */
export async function visit(path = '', options: VisitOptions = {}): Promise<Visit> {
  const { url = inject('url'), troubled = false, ...context } = options;
  if (!browser) throw new Error('the browser is not there');
  const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce', ...context });
  const visited = new Visit(made, await made.newPage(), url, troubled);
  open.push(visited);
  await visited.go(path);
  return visited;
}

/** One reader's visit. When it ends nothing may have gone wrong: no complaint, no request elsewhere. */
export class Visit {
  readonly complaints: string[] = [];
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;
  readonly #troubled: boolean;

  constructor(context: BrowserContext, page: Page, url: string, troubled: boolean) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.#troubled = troubled;
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if ((message.type() === 'error' || message.type() === 'warning') && !(troubled && message.text().startsWith('Failed to load resource'))) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      const to = new URL(request.url());
      if (to.host !== new URL(url).host && to.protocol !== 'data:' && to.protocol !== 'blob:') this.complaints.push(`a request to ${request.url()}`);
      const from = request.redirectedFrom();
      if (from) this.complaints.push(`a link to ${from.url()}, which leads on to ${request.url()}`);
    });
  }

  async go(path: string): Promise<void> {
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => { console.error(`policy: ${e.violatedDirective} forbids ${e.blockedURI}`); });
    });
    await this.page.goto(`${this.url}/ui${path === '' || path.startsWith('?') ? path : `/${path}`}`);
    if (!this.#troubled) await this.#ready();
  }

  /** Waits until what was done has begun, which takes the page three frames, and nothing on it loads. */
  async ready(): Promise<void> {
    await this.page.evaluate(async () => {
      for (let i = 0; i < 4; i++) await new Promise((resolve) => { requestAnimationFrame(resolve); });
    });
    await this.#ready();
  }

  async #ready(): Promise<void> {
    await this.page.locator('html[data-ready]').waitFor({ state: 'attached' });
  }

  async end(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }

  widget(id: string): Locator {
    return this.page.locator(`[data-widget="${id}"]`);
  }

  /** The figures of the cards by metric; null where there is none. */
  async cards(): Promise<Record<string, number | null>> {
    const cards = await this.page.locator('[data-card]').evaluateAll((all) => all.map((card) => [card.getAttribute('data-card') ?? '', card.getAttribute('data-value') ?? '']));
    return Object.fromEntries(cards.map(([name, value]) => [name, value === '' ? null : Number(value)])) as Record<string, number | null>;
  }

  /** The figures of a widget by the key of their row. */
  async values(id: string, metric: string): Promise<Record<string, number>> {
    const found = await this.widget(id).locator(`[data-key] [data-metric="${metric}"]`).evaluateAll((all) => all.map((cell) => [cell.closest('[data-key]')?.getAttribute('data-key') ?? '', cell.getAttribute('data-value') ?? '']));
    return Object.fromEntries(found.map(([key, value]) => [key, Number(value)])) as Record<string, number>;
  }

  /** Shows the table of a widget. */
  async table(id: string): Promise<void> {
    await this.widget(id).locator('[data-action="table"]').click();
    await this.ready();
  }

  /** Chooses a value of a filter. */
  async choose(field: string, value: string, search?: string): Promise<void> {
    const filter = this.page.locator(`.popover[data-filter="${field}"]`);
    await filter.locator('button.control').click();
    if (search !== undefined) await filter.locator('input[type="search"]').fill(search);
    await filter.locator(`input[data-value="${value}"]`).check();
    await this.page.keyboard.press('Escape');
    await this.ready();
  }
}
