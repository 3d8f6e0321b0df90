import type { Lang } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { formatCondition, parseCondition, type Condition } from './condition';
import { formatPeriod, parsePeriod, type Period } from './period';

export type Compare = 'previous' | 'year' | 'off';

/** The whole state of a page, and all of it in its URL. */
export interface PageState {
  /** The path below the page's base: empty (the dashboard), `clients`, `clients/12346`. */
  page: string;
  period: Period;
  compare: Compare;
  conditions: Condition[];
  /** The release that a link was shared of; without it, the page stays on the release of its first answer. */
  release: number | undefined;
  /** The language that was asked for; without it, the one that the browser prefers. */
  lang: Lang | undefined;
  /** What a widget or a page was set to, by `widget.option`: `countries.view` → `table`. */
  options: Record<string, string>;
}

/** Names of the page's own parameters. A field of such a name is filtered by `name__eq`. */
const reserved: ReadonlySet<string> = new Set(['period', 'compare', 'release', 'lang']);

/** Reads the state from the address. What it can't read is left out. */
export function parseState(page: string, search: string): PageState {
  const state: PageState = { page, period: { type: 'all' }, compare: 'previous', conditions: [], release: undefined, lang: undefined, options: {} };
  for (const [name, value] of new URLSearchParams(search)) {
    if (name === 'period') state.period = parsePeriod(value);
    else if (name === 'compare') state.compare = value === 'year' || value === 'off' ? value : 'previous';
    else if (name === 'release') state.release = /^[1-9]\d{0,15}$/.test(value) ? Number(value) : undefined;
    else if (name === 'lang') state.lang = value === 'fr' || value === 'en' ? value : undefined;
    else if (name.includes('.')) state.options[name] = value;
    else {
      const condition = parseCondition(name, value);
      if (condition) state.conditions.push(condition);
    }
  }
  return state;
}

/** The query of a state, with what is as usual left out: `?period=12m&pays=France`, or nothing. */
export function formatState(state: PageState): string {
  const params: Params = [];
  if (state.period.type !== 'all') params.push(['period', formatPeriod(state.period)]);
  if (state.compare !== 'previous') params.push(['compare', state.compare]);
  for (const condition of state.conditions) params.push(formatCondition(condition, reserved));
  for (const name of Object.keys(state.options).sort()) {
    const value = state.options[name];
    if (value) params.push([name, value]);
  }
  if (state.release !== undefined) params.push(['release', String(state.release)]);
  if (state.lang !== undefined) params.push(['lang', state.lang]);
  return apiPath('', params);
}

/** The state with an option of a widget set; the empty value unsets it. */
export function withOption(state: PageState, widget: string, option: string, value: string): PageState {
  return { ...state, options: { ...state.options, [`${widget}.${option}`]: value } };
}
