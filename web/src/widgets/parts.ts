import type { Row } from '../api/answer';
import { choiceOf, type Choice } from '../state/condition';

// The parts of bars of 100 %: the largest groups, and the others together.

export interface Part {
  /** The group; undefined: all others together. */
  choice: Choice | undefined;
  /** By field; null where the group has none. */
  figures: Record<string, number | null>;
}

export interface Parts {
  parts: Part[];
  /** All groups together, by field. */
  totals: Record<string, number>;
}

/** As many groups have a colour of their own. */
const most = 6;

/** Whether the figures of groups are parts of the whole's: sums and counts are; means, extremes, quantiles and ratios aren't. */
export function isPart(formula: string): boolean {
  return !/\/|\b(avg|median|quantile|min|max|first|last)\(/.test(formula);
}

/** How many groups are shown: all of a short list that the contract closes, else the largest. */
export function shownGroups(values: string[] | undefined): number {
  return values !== undefined && values.length <= 12 ? Math.max(values.length + 1, most) : most;
}

/**
 * Makes parts of an answer's groups, which are the largest: what they lack of the totals is the others'. `column` names a
 * field's column in the answer.
 */
export function partsOf(rows: Row[], totals: Row, group: string, fields: string[], column: (field: string) => string, whole: boolean): Parts {
  const sums = Object.fromEntries(fields.map((field) => [field, number(totals[column(field)]) ?? 0]));
  const parts: Part[] = rows.map((row) => ({ choice: choiceOf(row[group]), figures: Object.fromEntries(fields.map((field) => [field, number(row[column(field)])])) }));
  if (!whole) {
    const shown = (field: string): number => parts.reduce((sum, part) => sum + (part.figures[field] ?? 0), 0);
    parts.push({ choice: undefined, figures: Object.fromEntries(fields.map((field) => [field, (sums[field] ?? 0) - shown(field)])) });
  }
  return { parts, totals: sums };
}

/** Adds rows up by group, largest first: what the API does for a dataset's own rows, of rows that were computed anew. */
export function grouped(rows: Row[], group: string, fields: string[], by: string, limit: number): { rows: Row[]; totals: Row } {
  const groups = new Map<Choice, Row>();
  const totals: Row = {};
  for (const row of rows) {
    const choice = choiceOf(row[group]);
    const sum = groups.get(choice) ?? { [group]: row[group] ?? null };
    for (const field of fields) {
      const value = number(row[field]);
      if (value === null) continue;
      sum[field] = (number(sum[field]) ?? 0) + value;
      totals[field] = (number(totals[field]) ?? 0) + value;
    }
    groups.set(choice, sum);
  }
  const sorted = [...groups.values()].sort((a, b) => (number(b[by]) ?? -Infinity) - (number(a[by]) ?? -Infinity));
  return { rows: sorted.slice(0, limit), totals };
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
