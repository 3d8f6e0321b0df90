import type { Lang } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { formatCondition, parseCondition, type Condition } from './condition';
import { formatPeriod, parsePeriod, type Period } from './period';

export const compares = ['previous', 'year', 'off'] as const;
export type Compare = (typeof compares)[number];

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
  /** Parameters of the address that say nothing: the page tells of them, and keeps them until the reader decides. */
  unread: Params;
}

/** Names of the page's own parameters. A field of such a name, or with a point as options have, is filtered by `name__eq`. */
export const reserved: ReadonlySet<string> = new Set(['period', 'compare', 'release', 'lang']);

/** Reads the state from the address. What it can't read is unread; what starts with _ is for others, as in the API. */
export function parseState(page: string, search: string): PageState {
  const state: PageState = { page, period: { type: 'all' }, compare: 'previous', conditions: [], release: undefined, lang: undefined, options: {}, unread: [] };
  for (const [name, value] of new URLSearchParams(search)) {
    if (name.startsWith('_') || readOwn(state, name, value)) continue;
    const condition = reserved.has(name) ? undefined : parseCondition(name, value);
    if (condition) state.conditions.push(condition);
    else state.unread.push([name, value]);
  }
  return state;
}

/** Reads one of the page's own parameters; false: it is none, or its value makes no sense. */
function readOwn(state: PageState, name: string, value: string): boolean {
  switch (name) {
    case 'period': {
      const period = parsePeriod(value);
      if (period) state.period = period;
      return period !== undefined;
    }
    case 'compare': {
      const compare = compares.find((word) => word === value);
      if (compare !== undefined) state.compare = compare;
      return compare !== undefined;
    }
    case 'release':
      if (!/^[1-9]\d{0,15}$/.test(value)) return false;
      state.release = Number(value);
      return true;
    case 'lang':
      if (value !== 'fr' && value !== 'en') return false;
      state.lang = value;
      return true;
    default:
      if (!name.includes('.') || name.includes('__')) return false;
      state.options[name] = value;
      return true;
  }
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
  params.push(...state.unread);
  if (state.release !== undefined) params.push(['release', String(state.release)]);
  if (state.lang !== undefined) params.push(['lang', state.lang]);
  return apiPath('', params);
}

/** The state with an option of a widget set; the empty value unsets it. */
export function withOption(state: PageState, widget: string, option: string, value: string): PageState {
  return { ...state, options: { ...state.options, [`${widget}.${option}`]: value } };
}
