import type { Row } from '../api/answer';

// What the cohorts of a triangle are worth at each of their ages.

export interface AgeCell {
  age: number;
  /** The metric; null where nothing says that it is 0. */
  value: number | null;
  /** The same of all ages until this one. */
  sum: number | null;
  /** The data do not cover the age to its end. */
  partial: boolean;
}

export interface Cohort {
  cohort: string;
  /** How many are in it; null: unknown. */
  size: number | null;
  cells: AgeCell[];
}

/** Whether the metric of two groups of rows together is its sum over both. */
export function adds(formula: string | undefined): boolean {
  return /^(sum\([^()]*\)|count\(\))$/.test(formula ?? '');
}

/**
 * Makes a triangle of rows with the columns `cohort`, `age` and a metric, and of the size of each cohort; `partial` is the
 * answer's. An age without rows has nothing of a metric that adds up: it is there as far as a later cohort has come, which
 * had less time.
 */
export function triangleOf(rows: Row[], sizes: Row[], metric: string, per: string, partial: string[], additive: boolean): Cohort[] {
  const unfinished = new Set(partial);
  const found = new Map<string, Map<number, number | null>>();
  for (const { cohort, age, [metric]: value } of rows) {
    if (typeof cohort !== 'string' || typeof age !== 'number') continue; // not in a cohort, or before it began
    const ages = found.get(cohort) ?? new Map<number, number | null>();
    found.set(cohort, ages.set(age, typeof value === 'number' ? value : null));
  }
  const size = new Map(sizes.map((row) => [row['cohort'], row[per]]));
  const triangle: Cohort[] = [];
  let later = -1; // the last age that a later cohort has reached
  for (const cohort of [...found.keys()].sort().reverse()) {
    const ages = found.get(cohort) ?? new Map<number, number | null>();
    const reached = Math.max(later, ...ages.keys());
    const whole = Math.max(later - 1, ...[...ages.keys()].filter((age) => !unfinished.has(`${cohort},${age}`)));
    let sum = 0;
    const cells = Array.from({ length: reached + 1 }, (_, age): AgeCell => {
      const value = ages.get(age) ?? (additive ? 0 : null);
      sum += value ?? 0;
      return { age, value, sum: additive ? sum : null, partial: age > whole };
    });
    const of = size.get(cohort);
    triangle.unshift({ cohort, size: typeof of === 'number' ? of : null, cells });
    later = reached;
  }
  return triangle;
}

/** A part of a cohort's metric for each of its size. */
export function each(value: number | null, size: number | null): number | null {
  return value === null || size === null || size === 0 ? null : value / size;
}

/** The age of a period of days as the days that it has: 0–29; of others, its number. */
export function ageName(age: number, period: string): string {
  const [, days] = /^(\d+)d$/.exec(period) ?? [];
  const length = Number(days ?? 1);
  return length === 1 ? String(age) : `${age * length}–${(age + 1) * length - 1}`;
}

/** The unit that ages are told in. */
export function ageUnit(period: string): 'day' | 'week' | 'month' | 'quarter' | 'year' {
  return period === 'week' || period === 'month' || period === 'quarter' || period === 'year' ? period : 'day';
}
