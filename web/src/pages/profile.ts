import type { Row, Rows, Value } from '../api/answer';
import type { Field } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';

// What a field holds: how many rows lack it, how many values differ, where they lie. One request for ten fields says
// where figures and dates lie, so that one for each field can spread them over bins.

/** Where the values of a field lie; nulls where it has none. */
export interface Extent {
  low: Value;
  high: Value;
  /** Of figures only. */
  median: number | null;
}

/** One bar of a profile: a value, a bin or a month, and how many rows it has. */
export interface Part {
  value: Value;
  count: number;
}

export interface Profile {
  rows: number;
  /** Undefined where a long list of values doesn't say. */
  nulls: number | undefined;
  distinct: number;
  mean: number | null;
  parts: Part[];
  /** The parts are the most frequent values, not all. */
  cut: boolean;
}

/** The most values and bins that a profile lists. */
export const listed = 12;

/** Of masked fields the API tells no figures. */
export function canProfile(field: Field): boolean {
  return field.mask === undefined;
}

function isFigure(field: Field): boolean {
  return field.type === 'int' || field.type === 'double' || field.type === 'decimal';
}

function isTime(field: Field): boolean {
  return field.type === 'date' || field.type === 'time';
}

// The API answers at most 32 measures at a time.
const fieldsAtOnce = 10;

/** The fields whose extents are asked for in one request with that of one field: figures and dates. */
function together(fields: Field[], name: string): Field[] {
  const all = fields.filter((field) => canProfile(field) && (isFigure(field) || isTime(field)));
  const first = Math.floor(all.findIndex((field) => field.name === name) / fieldsAtOnce) * fieldsAtOnce;
  return first < 0 ? [] : all.slice(first, first + fieldsAtOnce);
}

/** The request that says where the values of a field and its neighbours lie; undefined where they have no extent. */
export function extentPath(dataset: string, fields: Field[], key: string[], name: string): string | undefined {
  const measures = together(fields, name).flatMap((field, i) => {
    const spread = isFigure(field) && !key.includes(field.name);
    return [`low${i}:min(${field.name})`, `high${i}:max(${field.name})`, ...(spread ? [`median${i}:median(${field.name})`] : [])];
  });
  return measures.length === 0 ? undefined : apiPath(`datasets/${dataset}/aggregate`, [['measures', measures.join(',')]]);
}

/** The extent of a field in the answer to extentPath. */
export function extentOf(row: Row, fields: Field[], name: string): Extent {
  const i = together(fields, name).findIndex((field) => field.name === name);
  const median = row[`median${i}`];
  return { low: row[`low${i}`] ?? null, high: row[`high${i}`] ?? null, median: typeof median === 'number' ? median : null };
}

/** The request about one field. */
export function profilePath(dataset: string, field: Field, extent: Extent): string {
  const edges = binEdges(field, extent);
  const grain = isTime(field) ? grainOf(extent) : undefined;
  const group = edges ? `${field.name}.bins(${edges.join(',')})` : grain ? `${field.name}.${grain}` : field.name;
  const measures = ['rows:count()', `different:count_distinct(${field.name})`, ...(isFigure(field) ? [`mean:avg(${field.name})`] : [])];
  const inOrder = edges !== undefined || grain !== undefined || isFigure(field);
  const order: Params = inOrder ? [['limit', '400']] : [['sort', '-rows'], ['limit', String(listed)]];
  return apiPath(`datasets/${dataset}/aggregate`, [['group_by', `part:${group}`], ['measures', measures.join(',')], ...order, ['totals', 'true']]);
}

/** What the answer to profilePath says. */
export function profileOf(answer: Rows, field: Field): Profile {
  const parts = answer.data.map((row): Part => ({ value: row['part'] ?? null, count: Number(row['rows'] ?? 0) }));
  const missing = parts.find((part) => part.value === null)?.count;
  const cut = answer.meta.truncated === true;
  const mean = answer.totals?.['mean'];
  return {
    rows: Number(answer.totals?.['rows'] ?? 0),
    nulls: missing ?? (cut && field.nullable ? undefined : 0),
    distinct: Number(answer.totals?.['different'] ?? 0),
    mean: typeof mean === 'number' ? mean : null,
    parts: parts.filter((part) => part.value !== null),
    cut,
  };
}

/**
 * Edges between which figures spread readably: of equal width, or of 1, 2, 5, 10, 20, 50 … where a few are far larger
 * than most. Undefined where values are few enough to list: whole numbers close together.
 */
export function binEdges(field: Field, { low, high, median }: Extent): number[] | undefined {
  if (!isFigure(field) || typeof low !== 'number' || typeof high !== 'number' || low === high) return undefined;
  if (field.type === 'int' && high - low < listed) return undefined;
  if (low >= 0 && median !== null && high > 20 * Math.max(median, high / 1e9)) return roundEdges(Math.max(low, median / 50, high / 1e6), high);
  return equalEdges(low, high, field.type === 'int');
}

function equalEdges(low: number, high: number, whole: boolean): number[] {
  const rough = (high - low) / 10;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = [1, 2, 5, 10].map((n) => n * power).find((w) => w >= rough) ?? rough;
  const step = whole ? Math.max(1, Math.round(width)) : width;
  const edges: number[] = [];
  // Multiples of the step, so that 0.1 · 3 is written 0.3.
  for (let n = Math.floor(low / step); n * step <= high; n++) edges.push(Number((n * step).toPrecision(12)));
  return edges;
}

function roundEdges(from: number, high: number): number[] {
  const edges = [0];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= high; power++) {
    for (const n of [1, 2, 5]) {
      const edge = Number((n * 10 ** power).toPrecision(12));
      if (edge >= from && edge <= high) edges.push(edge);
    }
  }
  return edges;
}

function grainOf({ low, high }: Extent): 'day' | 'month' | 'year' {
  const days = (Date.parse(String(high)) - Date.parse(String(low))) / 86_400_000;
  if (days <= 45) return 'day';
  return days <= 3 * 366 ? 'month' : 'year';
}
