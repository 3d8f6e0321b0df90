// What an answer of the API holds beside its data.

/** A time, both ends included: days, or instants where the API says what it compared. */
export interface Span {
  from: string;
  to: string;
}

export interface Meta {
  release: number;
  as_of: string;
  published_at: string;
  query_ms: number;
  total_ms: number;
  count?: number;
  total?: number;
  truncated?: boolean;
  next?: string;
  cursor?: string;
  answered_by?: string;
  /** The store is down: this is its last good answer. */
  stale?: boolean;
  /** Periods that the data does not cover to their end. */
  partial?: string[];
  /** Filter values that no row has, and the nearest that some have. */
  hints?: { parameter: string; value: string; did_you_mean: string }[];
  compared?: { current: Span; previous: Span };
  /** Metrics that a filter does not reach, and why. */
  unavailable?: Record<string, string>;
}

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;

export interface Rows {
  data: Row[];
  totals?: Row;
  meta: Meta;
}

/** The answer of /kpis: metrics by name, beside `previous`, `change` and `meta`. */
export interface KPIs extends Record<string, unknown> {
  previous?: Record<string, number | null>;
  change?: Record<string, number | null>;
  meta: Meta;
}
