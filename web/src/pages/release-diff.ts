import type { Row, Value } from '../api/answer';
import type { Field } from '../api/dashboard';
import type { components } from '../api/schema';

type Schemas = components['schemas'];

/** What differs between two releases in one dataset. */
export type DatasetDiff = Schemas['diff.Dataset'];

/** The answer of /releases/{from}/diff. */
export interface Diff {
  from: number;
  to: number;
  datasets: DatasetDiff[];
}

/** A row that differs; of a changed one, only the values that do. The API's description does not name the fields. */
export interface DiffRow {
  change: Schemas['DiffRow']['change'];
  key: Row;
  from?: Row;
  to?: Row;
}

/** Two releases, the earlier one first as a rule. */
export interface Pair {
  from: number;
  to: number;
}

/** Reads the segment of a path that names two releases, as in 11..12. */
export function parsePair(segment: string): Pair | undefined {
  const match = /^([1-9]\d{0,15})\.\.([1-9]\d{0,15})$/.exec(segment);
  return match ? { from: Number(match[1]), to: Number(match[2]) } : undefined;
}

/** The page that compares two releases, or one dataset of them. */
export function pairPage({ from, to }: Pair, dataset?: string): string {
  return `releases/${from}..${to}${dataset === undefined ? '' : `/${dataset}`}`;
}

/** Whether both releases have a dataset, so that its rows are compared. */
export function inBoth(d: DatasetDiff): boolean {
  return d.rows_from !== undefined && d.rows_to !== undefined;
}

/** How many rows differ. */
export function rowsOf(d: DatasetDiff): number {
  return d.added + d.removed + d.changed;
}

/** Whether anything of a dataset differs. */
export function differs(d: DatasetDiff): boolean {
  return !inBoth(d) || rowsOf(d) > 0 || [d.fields_added, d.fields_removed, d.fields_retyped].some((names) => (names ?? []).length > 0);
}

/** The fields that rows are shown by: the key, then what differs in a changed row, then what added and removed rows hold. */
export function shownFields(rows: DiffRow[], fields: Field[]): Field[] {
  const [keys, changed, held] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const row of rows) {
    for (const name of Object.keys(row.key)) keys.add(name);
    for (const name of Object.keys({ ...row.from, ...row.to })) (row.change === 'changed' ? changed : held).add(name);
  }
  const rank = ({ name }: Field): number => [keys, changed, held].findIndex((names) => names.has(name));
  return fields.filter((field) => rank(field) >= 0).sort((a, b) => rank(a) - rank(b));
}

/** What became of a field in a row: nothing is known of one that a changed row has alike in both releases. */
export interface CellChange {
  before?: Value;
  after?: Value;
}

export function cellOf(row: DiffRow, name: string): CellChange {
  const key = row.key[name];
  if (key !== undefined) return row.change === 'removed' ? { before: key } : { after: key };
  const [before, after] = [row.from?.[name], row.to?.[name]];
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
