import type { Dashboard, Dataset, Field, Metric } from '../api/dashboard';
import type { Params } from '../api/url';
import { formatCondition, type Condition } from './condition';
import type { PageState } from './page-state';
import { dayEnds, lastMonth, spanOf, wholeMonths } from './period';
import type { Span } from '../api/answer';

// How far a filter reaches: a dataset takes a condition if the field is its own, looked up, or of the dataset that it
// is an aggregate of, with that operator.

/** The fields that a dataset can be filtered by, by name. */
export function fieldsOf(dataset: Dataset): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const field of [...(dataset.origin?.fields ?? []), ...(dataset.borrowed ?? []), ...dataset.fields]) fields.set(field.name, field);
  return fields;
}

/** Whether a dataset takes a condition; `rows`: on the rows that it has, not on those that it can be computed from anew. */
export function takes(dataset: Dataset, condition: Condition, rows = false): boolean {
  const field = rows ? rowFields(dataset).find(({ name }) => name === condition.field) : fieldsOf(dataset).get(condition.field);
  return field?.filters.includes(condition.operator) ?? false;
}

/** The fields that rows can show: their own, and looked-up ones. */
export function rowFields(dataset: Dataset): Field[] {
  return [...dataset.fields, ...(dataset.borrowed ?? [])];
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
  /** The figures are of all time: the page's period does not filter them. */
  allTime?: boolean;
  /** What is asked, such as an aggregate, is of the rows that the dataset has: filters of its origin don't reach it. */
  rows?: boolean;
}

/** Asks a dataset with those filters of the page that reach it. */
export function ask(dashboard: Dashboard, dataset: Dataset, state: PageState, asOf: string, options: QuestionOptions = {}): Question {
  const params: Params = [];
  const unreached = new Set<string>();
  const field = timeOf(dashboard);
  const timed: Condition | undefined = field === undefined ? undefined : { field, operator: 'gte', values: [] };
  const snapshot = options.allTime === true || timed === undefined || !takes(dataset, timed);
  const span = snapshot ? undefined : (options.span ?? spanOf(state.period, asOf));
  if (span && timed && !takes(dataset, timed, options.rows)) unreached.add(timed.field);
  if (field !== undefined && span) params.push(...periodParams(field, span, asOf));
  for (const condition of state.conditions) {
    if (condition.field === options.without) continue;
    if (takes(dataset, condition, options.rows)) params.push(formatCondition(condition));
    else unreached.add(condition.field);
  }
  return { params, unreached: [...unreached], span, snapshot };
}

/** The filter of a period. Months that are whole, or end with the data, are asked for as months: so the API compares them. */
export function periodParams(field: string, span: Span, asOf: string): Params {
  const digits = wholeMonths(span, asOf) ? 7 : 10;
  return [[`${field}__gte`, span.from.slice(0, digits)], [`${field}__lte`, span.to.length > 10 ? span.to : span.to.slice(0, digits)]];
}

/** Whether as_of says more than when a release was published, as it does where the model knows the time of its data. */
export function isDated(dashboard: Dashboard, asOf: string, publishedAt: string): boolean {
  return dashboard.as_of_field !== undefined || asOf.slice(0, 10) !== publishedAt.slice(0, 10);
}

/** The field that a period is of: the facts' time, if they can be filtered from one time to another. */
export function timeOf(dashboard: Dashboard): string | undefined {
  const field = dashboard.as_of_field;
  const facts = datasetOf(dashboard, dashboard.facts);
  const reaches = (operator: 'gte' | 'lte'): boolean => field !== undefined && facts !== undefined && takes(facts, { field, operator, values: [] });
  return reaches('gte') && reaches('lte') ? field : undefined;
}

/** The last month that the data cover to its end; undefined where they begin after it did. */
export function lastWholeMonth(dashboard: Dashboard, asOf: string): Span | undefined {
  const month = lastMonth(dataEnd(dashboard, asOf));
  return dashboard.covers && dashboard.covers.from.slice(0, 10) > month.to ? undefined : month;
}

/** The last instant that the data lie at: what a comparison is cut at. A release may speak of a later one. */
export function dataEnd(dashboard: Dashboard, asOf: string): string {
  return dashboard.covers?.to ?? asOf;
}

/** Whether times of day are known of the data: not where they are midnights, as days are stored. */
export function hasHours(dashboard: Dashboard, asOf: string): boolean {
  const facts = datasetOf(dashboard, dashboard.facts);
  const time = timeOf(dashboard);
  return facts !== undefined && time !== undefined && fieldsOf(facts).get(time)?.type === 'time' && !dayEnds(dataEnd(dashboard, asOf));
}

export function datasetOf(dashboard: Dashboard, name: string | undefined): Dataset | undefined {
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
