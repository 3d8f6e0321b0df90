import type { Dashboard, Dataset, Field, Metric } from '../api/dashboard';
import type { Params } from '../api/url';
import { formatCondition, type Condition } from './condition';
import type { PageState } from './page-state';
import { spanOf, wholeMonths } from './period';
import type { Span } from '../api/answer';

// How far a filter reaches: a dataset takes a condition if the field is its own, lent to it, or of the dataset that it
// is an aggregate of, with that operator.

/** The fields that a dataset can be filtered by, by name. */
export function fieldsOf(dataset: Dataset): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const field of [...(dataset.origin?.fields ?? []), ...(dataset.borrowed ?? []), ...dataset.fields]) fields.set(field.name, field);
  return fields;
}

export function takes(dataset: Dataset, condition: Condition): boolean {
  return fieldsOf(dataset).get(condition.field)?.filters.includes(condition.operator) ?? false;
}

/** What a dataset is asked with, and what it can't be asked with. */
export interface Question {
  params: Params;
  /** Fields of filters that do not reach the dataset: it has no figure to show. */
  unreached: string[];
  /** The days that it is asked for; undefined: all, or it has no time axis. */
  span: Span | undefined;
  /** It has no time axis: its figures are as of the release. */
  snapshot: boolean;
}

export interface QuestionOptions {
  /** The field that the figures are grouped by: its own filter marks rows instead of taking them away. */
  without?: string;
  /** The days to ask for instead of the page's. */
  span?: Span;
}

/** Asks a dataset with those filters of the page that reach it. */
export function ask(dashboard: Dashboard, dataset: Dataset, state: PageState, asOf: string, options: QuestionOptions = {}): Question {
  const params: Params = [];
  const unreached = new Set<string>();
  const field = dashboard.as_of_field;
  const snapshot = field === undefined || !takes(dataset, { field, operator: 'gte', values: [] });
  const span = snapshot ? undefined : (options.span ?? spanOf(state.period, asOf));
  if (field !== undefined && span) params.push(...periodParams(field, span, asOf));
  for (const condition of state.conditions) {
    if (condition.field === options.without) continue;
    if (takes(dataset, condition)) params.push(formatCondition(condition));
    else unreached.add(condition.field);
  }
  return { params, unreached: [...unreached], span, snapshot };
}

/** The filter of a period. Months that are whole, or end with the data, are asked for as months: so the API compares them. */
export function periodParams(field: string, span: Span, asOf: string): Params {
  const digits = wholeMonths(span, asOf) ? 7 : 10;
  return [[`${field}__gte`, span.from.slice(0, digits)], [`${field}__lte`, span.to.slice(0, digits)]];
}

export function datasetOf(dashboard: Dashboard, name: string): Dataset | undefined {
  return dashboard.datasets.find((dataset) => dataset.name === name);
}

export function metricOf(dashboard: Dashboard, name: string): Metric | undefined {
  return dashboard.metrics.find((metric) => metric.name === name);
}

/** How a field is labelled, by whichever dataset has it. */
export function fieldOf(dashboard: Dashboard, name: string): Field | undefined {
  const facts = datasetOf(dashboard, dashboard.facts);
  for (const dataset of facts ? [facts, ...dashboard.datasets] : dashboard.datasets) {
    const field = fieldsOf(dataset).get(name);
    if (field) return field;
  }
  return undefined;
}
