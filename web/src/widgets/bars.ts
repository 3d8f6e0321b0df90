import type { Row, Span } from '../api/answer';
import type { Metric } from '../api/dashboard';
import type { Compare } from '../state/page-state';
import { hoursBetween, periodOf, periods, spanOfPeriod, type Grain } from '../state/grain';
import { addDays, addMonths, dayEnds, days } from '../state/period';

/** The column of the period in an answer that is grouped by time. */
export const time = 'time';

/** As many periods as an answer may have. */
export const mostBars = '10000';

export interface Bar {
  period: string;
  value: number | null;
  /** The time that the value is of: the period, or the part of it that is asked for and that there is data of. */
  span: Span;
  /** The value is of a part of the period. */
  partial: boolean;
  /** The value of the compared time, and that time. */
  compared: number | null;
  against: Span | undefined;
  /** Against the compared time, like for like. */
  change: number | null;
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
  /** Periods that the API says the data does not cover to their end. */
  partial: string[];
  /** The time that there is data of; undefined where it isn't known. */
  data: Span | undefined;
  /** The times that the API compared. */
  times: { current: Span; previous: Span } | undefined;
}

/** One bar for each period, those without data included: the API leaves them out. */
export function barsOf(source: BarSource): Bar[] {
  if (source.grain === 'hour') return hourBars(source);
  const { rows, span, grain, metric, compare, earlier, partial, data, times } = source;
  const found = new Map(rows.map((row) => [String(row[time]), row]));
  const known = [...found.keys()].sort();
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  const asked = span ?? { from: spanOfPeriod(first, grain).from, to: spanOfPeriod(last, grain).to };
  // After the data there are no bars; before it there are, without a figure.
  const shown = { from: asked.from, to: data && dayOf(data.to) < asked.to && dayOf(data.to) >= asked.from ? dayOf(data.to) : asked.to };
  const none = ofNothing(metric);
  const before = new Map((earlier?.rows ?? []).map((row) => [String(row[time]), number(row[metric.name])]));
  const oldest = [...before.keys()].sort()[0] ?? '';
  const places = earlier && before.size > 0 ? periods(earlier.span, grain) : [];
  return periods(shown, grain).map((period, i) => {
    const row = found.get(period);
    const whole = spanOfPeriod(period, grain);
    if (data && whole.to < dayOf(data.from)) return { period, value: null, span: whole, partial: false, compared: null, against: undefined, change: null };
    const covered = within(whole, [span, data && { from: dayOf(data.from), to: dayOf(data.to) }]);
    const cut = partial.includes(period) || covered.from !== whole.from || covered.to !== whole.to;
    // What ends with the data ends at their last instant.
    const end = times?.current.to ?? data?.to;
    if (cut && end !== undefined && periodOf(dayOf(end), grain) === period && dayOf(end) <= covered.to) covered.to = dayEnds(end) ? dayOf(end) : end;
    const bar = { period, value: row ? number(row[metric.name]) : none, span: covered, partial: cut };
    if (earlier) {
      const place = places[i];
      // Before the first figure there is no data, rather than nothing sold.
      const compared = place === undefined || place < oldest ? null : (before.get(place) ?? none);
      const against = place === undefined ? undefined : within(spanOfPeriod(place, grain), [earlier.span]);
      const known = against !== undefined && (data === undefined || against.from >= dayOf(data.from));
      return { ...bar, compared, against, change: compared && known && bar.value !== null ? bar.value / compared - 1 : null };
    }
    const { from, to } = whole;
    const other = compare === 'off' ? undefined : compare === 'year' ? { from: addMonths(from, -12), to: addMonths(to, -12) } : spanOfPeriod(periodOf(addDays(from, -1), grain), grain);
    // The API cuts the period in which the data end, and the one that it is compared with at the same place.
    const against = other && within(other, [times && dayOf(times.current.to) <= to && dayOf(times.current.to) >= from ? { from: other.from, to: times.previous.to } : undefined]);
    return { ...bar, compared: number(row?.[`${metric.name}_previous`]), against, change: number(row?.[`${metric.name}_change`]) };
  });
}

/** Bars of the hours between the first and the last that is known: a shop is closed at night. An hour is told as a whole. */
function hourBars({ rows, span, metric, compare, earlier, partial }: BarSource): Bar[] {
  const found = new Map(rows.map((row) => [String(row[time]), row]));
  const none = ofNothing(metric);
  const shift = earlier && span ? days({ from: earlier.span.from, to: span.from }) - 1 : 0;
  const before = new Map((earlier?.rows ?? []).map((row) => [spanOfPeriod(String(row[time]), 'hour').from, number(row[metric.name])]));
  const at = (instant: string, move: (day: string) => string): string => move(dayOf(instant)) + instant.slice(10);
  const moved = ({ from, to }: Span, move: (day: string) => string): Span => ({ from: at(from, move), to: at(to, move) });
  return hoursBetween([...found.keys()]).map((period, i, all) => {
    const row = found.get(period);
    const hour = spanOfPeriod(period, 'hour');
    const bar = { period, value: row ? number(row[metric.name]) : none, span: hour, partial: partial.includes(period) };
    if (earlier) {
      const against = moved(hour, (day) => addDays(day, -shift));
      const compared = before.size === 0 ? null : (before.get(against.from) ?? none);
      return { ...bar, compared, against, change: compared && bar.value !== null ? bar.value / compared - 1 : null };
    }
    const previous = all[i - 1];
    const against = compare === 'year' ? moved(hour, (day) => addMonths(day, -12)) : compare === 'off' || previous === undefined ? undefined : spanOfPeriod(previous, 'hour');
    return { ...bar, compared: number(row?.[`${metric.name}_previous`]), against, change: number(row?.[`${metric.name}_change`]) };
  });
}

/** What a metric is over no rows: a sum or a count is 0; a mean or a ratio is not known. */
function ofNothing(metric: Metric): number | null {
  return /^(sum|count)/.test(metric.formula) ? 0 : null;
}

/** What bounds leave of a time of days; an end within a day stays one. */
function within(time: Span, bounds: (Span | undefined)[]): Span {
  let { from, to } = time;
  for (const bound of bounds) {
    if (bound && bound.from > from) from = bound.from;
    if (bound && dayOf(bound.to) <= to) to = dayEnds(bound.to) ? dayOf(bound.to) : bound.to;
  }
  return { from, to };
}

function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

export function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
