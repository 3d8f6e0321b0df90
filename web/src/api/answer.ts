// What an answer of the API holds beside its data. Columns are named by the question, all else by the API's description.

import type { components } from './schema';

type Schemas = components['schemas'];

/** A time, both ends included: days, or instants where the API says what it compared. */
export type Span = Schemas['Span'];
export type Meta = Schemas['Meta'];
/** Of an answer that read a release. */
export type ReleaseMeta = Meta & Required<Pick<Meta, 'release' | 'as_of' | 'published_at'>>;

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;

export interface Rows {
  data: Row[];
  totals?: Row;
  meta: Meta;
}

/** The answer of /kpis: metrics by name, beside `previous`, `change` and `meta`. */
export interface KPIs extends Record<string, unknown> {
  previous?: Record<string, Value>;
  change?: Record<string, number | null>;
  meta: Meta;
}
