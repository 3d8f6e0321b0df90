// The answer of `GET ../dashboard`: what the model is, how it is labelled, and which widget stands where.
// Its shape is kept by the server's tests; the page is made from it and knows no dataset, field or metric by name.

import type { Span } from './answer';

export type Lang = 'en' | 'fr';
/** A text in the languages that its author wrote: at least one. */
export type Texts = Partial<Record<Lang, string>>;

export type Format = 'money' | 'number' | 'integer' | 'percent' | 'date' | 'datetime' | 'week' | 'month' | 'quarter' | 'year' | 'text';

/** How a figure is named and written. */
export interface Doc {
  label?: Texts;
  description?: Texts;
  /** A currency (ISO 4217) for money; else a word, such as `days`. */
  unit?: string;
  format?: Format;
  /** How values are called. */
  value_labels?: Record<string, Texts>;
}

export interface Metric extends Doc {
  name: string;
  dataset: string;
  formula: string;
  /** It is of the whole dataset, whatever the filters. */
  unfiltered?: boolean;
  /** Its dataset has no time axis: it is asked without the period, and marked with the release's as_of. */
  snapshot?: boolean;
}

export interface Field extends Doc {
  name: string;
  type: 'int' | 'double' | 'decimal' | 'text' | 'bool' | 'date' | 'time';
  nullable: boolean;
  scale?: number;
  multiple_of?: number;
  /** Operators that it can be filtered by; none: it can't. */
  filters: string[];
  /** The closed list of its values. */
  values?: string[];
  sortable: boolean;
  pii?: boolean;
  mask?: string;
}

/** A field of another dataset by which this one can be filtered. */
export interface ReachedField extends Field {
  dataset: string;
  on?: string;
}

export interface Dataset {
  name: string;
  collection?: string;
  /** Such as `/scores`; without one, its rows are at `/datasets/{name}/rows`. */
  endpoint?: string;
  url: string;
  rows: number;
  key: string[];
  label?: Texts;
  description?: Texts;
  fields: Field[];
  borrowed?: ReachedField[];
  origin?: { dataset: string; fields: ReachedField[] };
  default_sort: string[];
  default_limit: number;
  max_limit: number;
  derived_from?: string;
  version?: string;
  digest?: string;
}

export type FilterControl =
  | { type: 'period' }
  | { type: 'compare' }
  /** A field of few values. */
  | { type: 'choice'; field: string; label?: Texts }
  /** A field of many values, found by typing. */
  | { type: 'search'; field: string; label?: Texts };

interface WidgetBase {
  id: string;
  /** Columns of twelve. */
  span: number;
  title?: Texts;
  dataset: string;
}

export interface Mark {
  field: string;
  below: number;
  label: Texts;
}

export interface KPIsWidget {
  id: string;
  type: 'kpis';
  span: number;
  metrics: string[];
}
export interface TrendWidget extends WidgetBase {
  type: 'trend';
  metric: string;
  field: string;
}
export interface SharesWidget extends WidgetBase {
  type: 'shares';
  group: string;
  fields: string[];
}
export interface RankingWidget extends WidgetBase {
  type: 'ranking';
  group: string;
  metric: string;
  limit: number;
}
export interface TopWidget extends WidgetBase {
  type: 'top';
  group: string;
  metric: string;
  limit: number;
}
export interface ListWidget extends WidgetBase {
  type: 'list';
  fields: string[];
  sort?: string[];
  limit: number;
  bars?: string[];
  marks?: Mark[];
  /** The page on which a row's key opens. */
  page?: string;
}
export interface ScatterWidget extends WidgetBase {
  type: 'scatter';
  x: string;
  y: string;
  color?: string;
  log?: string[];
  limit: number;
  page?: string;
}
export interface CohortWidget extends WidgetBase {
  type: 'cohorts';
  group: string;
  count: string;
  value: string;
}
export interface BinsWidget extends WidgetBase {
  type: 'bins';
  field: string;
  edges: number[];
  metrics: string[];
  /** The dataset that the table view shows instead. */
  table?: string;
}
export interface ConcentrationWidget extends WidgetBase {
  type: 'concentration';
  group: string;
  metric: string;
}

export type WidgetSpec =
  | KPIsWidget
  | TrendWidget
  | SharesWidget
  | RankingWidget
  | TopWidget
  | ListWidget
  | ScatterWidget
  | CohortWidget
  | BinsWidget
  | ConcentrationWidget;

/** A page that lists the rows of a dataset, at `./{id}`, and shows one of them at `./{id}/{key}`. */
export interface TablePage {
  id: string;
  title: Texts;
  dataset: string;
  fields: string[];
  sort?: string[];
  bars?: string[];
  marks?: Mark[];
  history?: { dataset: string; on: string; metric: string };
}

export interface Layout {
  filters: FilterControl[];
  rows: { height: number; widgets: WidgetSpec[] }[];
  tables: TablePage[];
}

export interface Dashboard {
  model: { name: string; title: Texts; description?: Texts; currency?: string; locale?: string };
  models: { name: string; title: Texts; url: string }[];
  quality: { checks: number; passed: number; warnings: number };
  benchmark: boolean;
  facts: string;
  /** The field of the facts that the period filters; none: no period. */
  as_of_field?: string;
  /** The instants between which the facts lie, both included; unknown of releases that older programs made. */
  covers?: Span;
  kpis: string[];
  metrics: Metric[];
  datasets: Dataset[];
  layout: Layout;
}
