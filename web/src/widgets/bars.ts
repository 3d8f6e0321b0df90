import type { Row, Span } from '../api/answer';
import type { Metric } from '../api/dashboard';
import type { Compare } from '../state/page-state';
import { addDays, addMonths, periodOf, periods, spanOfPeriod, type Grain } from '../state/period';

/** The column of the period in an answer that is grouped by time. */
export const time = 'time';

/** As many periods as an answer may have. */
export const mostBars = '10000';

export interface Bar {
  period: string;
  value: number | null;
  /** The value of the compared period, and the days of it. */
  compared: number | null;
  against: Span | undefined;
  /** Against the compared period, like for like. */
  change: number | null;
  /** The period isn't covered to its end. */
  partial: boolean;
}

interface BarSource {
  rows: Row[];
  /** The days that were asked for; undefined: all. */
  span: Span | undefined;
  grain: Grain;
  metric: Metric;
  compare: Compare;
  /** The span before it, if there is one to compare with. */
  earlier: { span: Span; rows: Row[] } | undefined;
  partial: string[];
}

/** One bar for each period, those without data included: the API leaves them out. */
export function barsOf({ rows, span, grain, metric, compare, earlier, partial }: BarSource): Bar[] {
  const found = new Map(rows.map((row) => [String(row[time]), row]));
  const known = [...found.keys()].sort();
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  const whole = span ?? { from: spanOfPeriod(first, grain).from, to: spanOfPeriod(last, grain).to };
  // A sum or a count over nothing is 0; a mean or a ratio is not known.
  const none = /^(sum|count)/.test(metric.formula) ? 0 : null;
  const before = new Map((earlier?.rows ?? []).map((row) => [String(row[time]), number(row[metric.name])]));
  const oldest = [...before.keys()].sort()[0] ?? '';
  const places = earlier && before.size > 0 ? periods(earlier.span, grain) : [];
  return periods(whole, grain).map((period, i) => {
    const row = found.get(period);
    const bar = { period, value: row ? number(row[metric.name]) : none, partial: partial.includes(period) };
    if (earlier) {
      const place = places[i];
      // Before the first figure there is no data, rather than nothing sold.
      const compared = place === undefined || place < oldest ? null : (before.get(place) ?? none);
      return { ...bar, compared, against: place === undefined ? undefined : spanOfPeriod(place, grain), change: compared && bar.value !== null ? bar.value / compared - 1 : null };
    }
    const { from, to } = spanOfPeriod(period, grain);
    const against = compare === 'off' ? undefined : compare === 'year' ? { from: addMonths(from, -12), to: addMonths(to, -12) } : spanOfPeriod(periodOf(addDays(from, -1), grain), grain);
    return { ...bar, compared: number(row?.[`${metric.name}_previous`]), against, change: number(row?.[`${metric.name}_change`]) };
  });
}

export function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
