import type { RuleResult } from './quality-table';

/** One line of /releases. */
export interface ReleaseItem {
  release: number;
  as_of: string;
  published_at: string;
  current: boolean;
  withdrawn: boolean;
  pruned: boolean;
  integrity?: string;
  /** How long the publish took; unknown of releases that older programs made. */
  seconds?: number;
  /** Of all its datasets. */
  rows: number;
  checks: { checks: number; passed: number; warnings: number };
  /** The key figures of all of it, by metric. */
  figures: Record<string, number | null>;
  /** The datasets whose rows are not those of the release before. */
  changed?: string[];
}

/** The record of a release, which outlives its rows. */
export interface ReleaseRecord extends ReleaseItem {
  previous?: ReleaseItem;
  datasets: { name: string; rows: number; previous_rows?: number }[];
  quality: RuleResult[];
}

export type Fate = 'same' | 'different' | 'added';

/** What became of a dataset since the release before. */
export interface DatasetChange {
  name: string;
  before: number | null;
  after: number;
  fate: Fate;
}

/** The datasets of a release: those that changed first. */
export function datasetChanges(record: ReleaseRecord): DatasetChange[] {
  const changes = record.datasets.map(({ name, rows, previous_rows: before }): DatasetChange => ({
    name,
    before: before ?? null,
    after: rows,
    fate: before === undefined ? 'added' : record.changed?.includes(name) ? 'different' : 'same',
  }));
  return changes.sort((a, b) => Number(a.fate === 'same') - Number(b.fate === 'same'));
}

/** The relative change; null where there is nothing to divide by. */
export function changeOf(before: number | null | undefined, after: number | null | undefined): number | null {
  return typeof before !== 'number' || typeof after !== 'number' || before === 0 ? null : (after - before) / Math.abs(before);
}
