import type { Value } from '../api/answer';
import type { Doc } from '../api/dashboard';
import type { components } from '../api/schema';

type Schemas = components['schemas'];

/** One line of /releases. */
export type ReleaseItem = Schemas['ReleaseItem'];
/** The record of a release, which outlives its rows. */
export type ReleaseRecord = Schemas['Release'];
/** What became of a rule of the contract when a release was published. */
export type RuleResult = Schemas['gold.RuleResult'];
/** A field or metric that is told in another unit than before. */
export type UnitChange = Schemas['gold.UnitChange'];

/** What is said of a release in a word, and whether that is good to know, or a warning. */
export interface Badge {
  id: 'current' | 'shown' | 'withdrawn' | 'pruned' | 'verified' | 'unverified' | 'inferred' | 'fallback';
  tone?: 'good' | 'warn';
}

/** What is to be known of a release before its figures are believed; `shown` is the release that the page shows. */
export function badgesOf(item: ReleaseItem, shown: number): Badge[] {
  const badges: Badge[] = [];
  if (item.current) badges.push({ id: 'current', tone: 'good' });
  else if (item.release === shown) badges.push({ id: 'shown' });
  if (item.withdrawn) badges.push({ id: 'withdrawn', tone: 'warn' });
  if (item.pruned) badges.push({ id: 'pruned' });
  // Releases that older programs made say neither.
  if (item.integrity === 'verified') badges.push({ id: 'verified', tone: 'good' });
  if (item.integrity === 'unverified') badges.push({ id: 'unverified' });
  if (item.inferred) badges.push({ id: 'inferred' });
  if (item.unreached !== undefined) badges.push({ id: 'fallback', tone: 'warn' });
  return badges;
}

export type Fate = 'same' | 'different' | 'added';

/** What became of a dataset since the release before. */
export interface DatasetChange {
  name: string;
  before: number | null;
  after: number;
  fate: Fate;
  units: UnitChange[];
}

/** The datasets of a release: those that changed first. */
export function datasetChanges(record: ReleaseRecord): DatasetChange[] {
  const changes = record.datasets.map(({ name, rows, previous_rows: before, units = [] }): DatasetChange => ({
    name,
    before: before ?? null,
    after: rows,
    units,
    fate: before === undefined ? 'added' : record.changed?.includes(name) ? 'different' : 'same',
  }));
  return changes.sort((a, b) => Number(a.fate === 'same') - Number(b.fate === 'same'));
}

/** How a figure of a release is written: in the unit that it had there. */
export function docIn(item: ReleaseItem, metric: Doc & { name: string }): Doc {
  return { ...metric, unit: item.units?.[metric.name] ?? '' };
}

/** The change of a key figure since another release; null where they have different units. */
export function figureChange(item: ReleaseItem, before: ReleaseItem | undefined, name: string): number | null {
  return item.units?.[name] === before?.units?.[name] ? changeOf(before?.figures[name], item.figures[name]) : null;
}

/** The relative change; null where there is nothing to divide by. */
export function changeOf(before: Value | undefined, after: Value | undefined): number | null {
  return typeof before !== 'number' || typeof after !== 'number' || before === 0 ? null : (after - before) / Math.abs(before);
}
