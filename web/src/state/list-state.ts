import type { Dataset, Field, TablePage } from '../api/dashboard';
import type { Params } from '../api/url';
import { withOption, type PageState } from './page-state';
import { fieldsOf, rowFields } from './reach';

// What a list of rows is set to, in the page's URL: `clients.sort`, `clients.columns` and `clients.page`.

export interface Sorted {
  name: string;
  descending: boolean;
}

/** A page of a list: where it stands, and the cursor that leads there; the first one has none. */
export interface Place {
  number: number;
  cursor: string | undefined;
}

/** The fields that are shown: those chosen, the key among them. */
export function columnsOf(state: PageState, table: TablePage, dataset: Dataset): Field[] {
  const known = fieldsOf(dataset);
  const chosen = state.options[`${table.id}.columns`]?.split(',').filter((name) => rowFields(dataset).some((field) => field.name === name)) ?? [];
  const names = chosen.length > 0 ? [...dataset.key.filter((name) => !chosen.includes(name)), ...chosen] : table.fields;
  return names.map((name) => known.get(name)).filter((field) => field !== undefined);
}

/** The state with a column shown, or not any more. */
export function toggleColumn(state: PageState, table: TablePage, dataset: Dataset, name: string): PageState {
  const shown = columnsOf(state, table, dataset).map((field) => field.name);
  const names = shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name];
  return toFirst(withOption(state, table.id, 'columns', names.join(',') === table.fields.join(',') ? '' : names.join(',')), table.id);
}

/** The order of the rows, as the API takes it. */
export function sortOf(state: PageState, table: TablePage, dataset: Dataset): string {
  const terms = (state.options[`${table.id}.sort`] ?? '').split(',').filter((term) => dataset.fields.some((field) => field.sortable && field.name === parseSort(term).name));
  return (terms.length > 0 ? terms : (table.sort ?? dataset.default_sort)).join(',');
}

/** The order as a parameter: rows without a key may have none, and then come as their source has them. */
export function sortParams(sort: string): Params {
  return sort === '' ? [] : [['sort', sort]];
}

export function parseSort(term: string): Sorted {
  return term.startsWith('-') ? { name: term.slice(1), descending: true } : { name: term, descending: false };
}

/** The state sorted by a field: figures from the largest on, texts from the first; the other way round if it was so. */
export function sortBy(state: PageState, table: TablePage, dataset: Dataset, field: Field): PageState {
  const now = parseSort(sortOf(state, table, dataset).split(',')[0] ?? '');
  const descending = now.name === field.name ? !now.descending : field.type !== 'text';
  return toFirst(withOption(state, table.id, 'sort', (descending ? '-' : '') + field.name), table.id);
}

export function placeOf(state: PageState, id: string): Place {
  const match = /^([2-9]|[1-9]\d{1,8})\.(.+)$/.exec(state.options[`${id}.page`] ?? '');
  return match?.[2] === undefined ? { number: 1, cursor: undefined } : { number: Number(match[1]), cursor: match[2] };
}

export function atPlace(state: PageState, id: string, place: Place): PageState {
  return withOption(state, id, 'page', place.cursor === undefined ? '' : `${place.number}.${place.cursor}`);
}

/** The state on the first page: a cursor goes on with one order, filter and set of columns alone. */
export function toFirst(state: PageState, id: string): PageState {
  return withOption(state, id, 'page', '');
}
