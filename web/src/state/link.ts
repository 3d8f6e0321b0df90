import type { Dashboard, Field } from '../api/dashboard';
import type { Params } from '../api/url';
import { formatCondition, parseCondition } from './condition';
import { grains } from './grain';
import { nearest } from './nearest';
import { compares, formatState, parseState, reserved, type PageState } from './page-state';
import { nearestPeriod, presets } from './period';
import { fieldOf, fieldsOf, takes, timeOf } from './reach';

// What a link asks for that the page can't do: said, with what was probably meant, and never dropped in silence.

export interface LinkProblem {
  parameter: Params[number];
  /** What stands wrong: a name that nothing has, a value that the name doesn't take, an operator that its field doesn't. */
  kind: 'name' | 'value' | 'operator' | 'time';
  /** What would have been right; none: it goes without saying. */
  expected: string[];
  /** What was probably meant. */
  instead: Params[number] | undefined;
}

/**
 * The state with what the page can do; the rest of it is unread. A filter that no dataset takes, and a period where
 * nothing lies in time, change no figure.
 */
export function readable(dashboard: Dashboard, state: PageState): PageState {
  const takeable = state.conditions.filter((condition) => dashboard.datasets.some((dataset) => takes(dataset, condition)));
  const unread: Params = state.conditions.filter((condition) => !takeable.includes(condition)).map((condition) => formatCondition(condition, reserved));
  const known: PageState = { ...state, conditions: takeable };
  const timeless = timeOf(dashboard) === undefined && state.period.type !== 'all';
  if (timeless) {
    unread.push(...[...new URLSearchParams(formatState({ ...state, conditions: [], options: {}, unread: [] }))].filter(([name]) => name === 'period'));
    known.period = { type: 'all' };
  }
  const names = new Set(optionNames(dashboard));
  const readOption = ([name, value]: Params[number]): boolean => names.has(name) && (optionValues[optionOf(name)]?.includes(value) ?? true);
  const options = Object.entries(state.options).filter(([, value]) => value !== '');
  known.options = Object.fromEntries(options.filter(readOption));
  return { ...known, unread: [...state.unread, ...unread, ...options.filter((option) => !readOption(option))] };
}

/** What is unread of a state, and why. */
export function linkProblems(dashboard: Dashboard, state: PageState): LinkProblem[] {
  return state.unread.map((parameter) => problemOf(dashboard, parameter));
}

function problemOf(dashboard: Dashboard, parameter: Params[number]): LinkProblem {
  const [name, value] = parameter;
  const other = (word: string | undefined): Params[number] | undefined => (word === undefined ? undefined : [name, word]);
  switch (name) {
    case 'period': {
      if (timeOf(dashboard) === undefined) return { parameter, kind: 'time', expected: [], instead: undefined };
      return { parameter, kind: 'value', expected: [...presets, '2011-01-01..2011-06-30'], instead: other(nearestPeriod(value)) };
    }
    case 'compare':
      return { parameter, kind: 'value', expected: [...compares], instead: other(nearest(value, [...compares])) };
    case 'lang':
      return { parameter, kind: 'value', expected: ['en', 'fr'], instead: other(nearest(value, ['en', 'fr'])) };
    case 'release':
      return { parameter, kind: 'value', expected: ['12'], instead: undefined };
  }
  const [field = '', suffix] = name.split('__');
  const found = fieldOf(dashboard, field);
  if (found) {
    const operators = filtersOf(dashboard, field);
    const operator = suffix === undefined ? (operators.includes('in') ? 'in' : undefined) : nearest(suffix, operators);
    return { parameter, kind: 'operator', expected: operators.map((o) => (o === 'eq' ? field : `${field}__${o}`)), instead: operator === undefined ? undefined : [operator === 'eq' ? field : `${field}__${operator}`, value] };
  }
  if (name.includes('.')) {
    const names = optionNames(dashboard);
    const values = optionValues[optionOf(name)];
    if (names.includes(name) && values) return { parameter, kind: 'value', expected: values, instead: other(nearest(value, values)) };
    const word = nearest(name, names);
    return { parameter, kind: 'name', expected: [], instead: word === undefined ? undefined : [word, value] };
  }
  const meant = nearestField(dashboard, field);
  const instead: Params[number] | undefined = meant === undefined ? undefined : [suffix === undefined ? meant : `${meant}__${suffix}`, value];
  const works = instead && (reserved.has(instead[0]) || readsAs(dashboard, instead));
  return { parameter, kind: 'name', expected: [], instead: works ? instead : undefined };
}

/** Whether a parameter is a filter that some dataset takes. */
function readsAs(dashboard: Dashboard, [name, value]: Params[number]): boolean {
  const condition = parseCondition(name, value);
  return condition !== undefined && dashboard.datasets.some((dataset) => takes(dataset, condition));
}

/** The field whose name or label is close to a word, or one of the page's own parameters. */
function nearestField(dashboard: Dashboard, word: string): string | undefined {
  const names = new Map<string, string>();
  const filterable = dashboard.datasets.flatMap((dataset) => [...fieldsOf(dataset).values()]).filter((field: Field) => field.filters.length > 0);
  for (const field of filterable) names.set(field.name, field.name);
  for (const own of reserved) if (!names.has(own)) names.set(own, own);
  for (const field of filterable) {
    for (const label of Object.values(field.label ?? {})) if (!names.has(label)) names.set(label, field.name);
  }
  const found = nearest(word, [...names.keys()]);
  return found === undefined ? undefined : names.get(found);
}

/** The operators by which some dataset can be filtered by a field. */
function filtersOf(dashboard: Dashboard, name: string): string[] {
  return [...new Set(dashboard.datasets.flatMap((dataset) => fieldsOf(dataset).get(name)?.filters ?? []))];
}

const widgetOptions = ['view', 'grain', 'q', 'rest', 'sum'];
const tableOptions = ['view', 'sort', 'columns', 'page'];
/** Parts of the pages that every model has. */
const partOptions: Record<string, string[]> = { fields: ['open'], releases: ['before', 'view'], diff: ['skip'], benchmark: ['measure', 'view'] };
/** The values of options that take some words alone. */
const optionValues: Record<string, string[] | undefined> = { view: ['table'], grain: [...grains], rest: ['1'], sum: ['1'] };
const parts = ['row', 'history', 'latest', 'sample', 'quality', 'figures', 'changes', 'metrics'];

function optionNames({ layout }: Dashboard): string[] {
  return [
    ...layout.rows.flatMap((row) => row.widgets.flatMap(({ id }) => widgetOptions.map((option) => `${id}.${option}`))),
    ...layout.tables.flatMap(({ id }) => tableOptions.map((option) => `${id}.${option}`)),
    ...Object.entries(partOptions).flatMap(([id, options]) => options.map((option) => `${id}.${option}`)),
    ...parts.map((id) => `${id}.view`),
  ];
}

function optionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The state with a parameter of its address replaced, or taken away. */
export function replaced(state: PageState, parameter: Params[number], instead: Params[number] | undefined): PageState {
  const params: Params = [];
  let left = true;
  for (const [name, value] of new URLSearchParams(formatState(state))) {
    if (left && name === parameter[0] && value === parameter[1]) {
      left = false;
      if (instead) params.push(instead);
    } else {
      params.push([name, value]);
    }
  }
  return parseState(state.page, new URLSearchParams(params).toString());
}
