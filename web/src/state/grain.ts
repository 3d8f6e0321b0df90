import type { Span } from '../api/answer';
import { Clock } from './clock';
import { addDays, addMonths, before, dayEnds, days, monthEnd, monthsBetween } from './period';

// The periods that bars are of, as group_by has them: their names, their days, and which of them suit a span.

export const grains = ['hour', 'day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year'] as const;
export type Grain = (typeof grains)[number];

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

interface Calendar {
  /** The day that weeks start on, from Sunday as 0. */
  weekStart: number;
  /** The month that fiscal years start in, from January as 0; undefined: there are none. */
  fiscalStart: number | undefined;
  clock: Clock;
}

/** How the model counts time, of which a page has one. */
let calendar: Calendar = { weekStart: 1, fiscalStart: undefined, clock: new Clock(undefined) };

/** Counts time as a model does: weeks from Monday, and no fiscal years, unless it says so. */
export function countTimeAs(model: { timezone?: string; week_start?: string; fiscal_year_start?: number }): void {
  const fiscalStart = model.fiscal_year_start === undefined ? undefined : model.fiscal_year_start - 1;
  calendar = { weekStart: Math.max(0, weekdays.indexOf(model.week_start ?? 'monday')), fiscalStart, clock: new Clock(model.timezone) };
}

/** More bars than those of a month's hours can't be told apart. */
const mostHours = 31 * 24;

/**
 * The grains that a reader can choose of: those that the API has for the field, less those of which a span would be too
 * many bars, or one.
 */
export function grainsOf(type: string | undefined, span: Span | undefined): Grain[] {
  const count = span ? daysOf(span) : undefined;
  return grains.filter((grain) => {
    if (grain.startsWith('fiscal_') && calendar.fiscalStart === undefined) return false;
    if (grain === 'hour') return type === 'time' && count !== undefined && count * 24 <= mostHours;
    const months = monthsIn(grain);
    return months <= 1 || count === undefined || count > 31 * months;
  });
}

/** The grain at which a span makes a readable number of bars; `hours`: times of day are known. */
export function grainOf(span: Span, hours = false): Grain {
  return grainFor(daysOf(span), 280, hours);
}

/** The same of all there is, which ends are told of only where few months are. */
export function grainOfAll(data: Span | undefined, hours = false): Grain {
  return data ? grainFor(daysOf(data), 120, hours) : 'month';
}

/** Up to so many days bars are of weeks: so many of months would be too few to compare. */
function grainFor(count: number, weeks: number, hours: boolean): Grain {
  if (hours && count <= 2) return 'hour';
  if (count <= 45) return 'day';
  if (count <= weeks) return 'week';
  if (count <= 8 * 366) return 'month';
  const fiscal = calendar.fiscalStart !== undefined;
  if (count <= 25 * 366) return fiscal ? 'fiscal_quarter' : 'quarter';
  return fiscal ? 'fiscal_year' : 'year';
}

function daysOf({ from, to }: Span): number {
  return days({ from: from.slice(0, 10), to: to.slice(0, 10) });
}

/** The periods of a grain that a span touches, named as the API names them. Hours are instants: see hoursBetween. */
export function periods(span: Span, grain: Grain): string[] {
  const list: string[] = [];
  for (let at = firstDay(span.from, grain); at <= span.to; at = nextDay(at, grain)) list.push(nameOf(at, grain));
  return list;
}

/** The period of a grain that a day is in. */
export function periodOf(day: string, grain: Grain): string {
  return nameOf(firstDay(day, grain), grain);
}

/** The days of one period of a grain; of an hour, its local times. */
export function spanOfPeriod(period: string, grain: Grain): Span {
  if (grain === 'hour') {
    const from = calendar.clock.local(period).slice(0, 19);
    return { from, to: `${from.slice(0, 14)}59:59` };
  }
  const from = dayOfName(period, grain);
  return { from, to: addDays(nextDay(from, grain), -1) };
}

/** The hours from the first known one to the last, those that nothing is known of included. */
export function hoursBetween(known: string[]): string[] {
  const list: string[] = [];
  for (const hour of [...known].sort()) {
    const last = list.at(-1);
    if (last !== undefined) {
      for (let at = Date.parse(last) + 3_600_000; at < Date.parse(hour); at += 3_600_000) list.push(new Date(at).toISOString().replace('.000', ''));
    }
    list.push(hour);
  }
  return list;
}

/**
 * The span before one as its bars are drawn beside those of this one: weeks before weeks and months before months, so
 * that each has its days. Where the span reaches the end of the data, both end at the same time of day.
 */
export function beforeBars(span: Span, grain: Grain, end: string): Span {
  const last = end.slice(0, 10);
  const to = span.to < last || last < span.from ? span.to : last;
  const time = to === last && !dayEnds(end) ? end.slice(10) : '';
  if (grain === 'hour' || grain === 'day') {
    const earlier = before({ from: span.from, to }, end);
    return { from: earlier.from, to: earlier.to + time };
  }
  if (grain === 'week') {
    const shift = Math.ceil(days({ from: span.from, to }) / 7) * 7;
    return { from: addDays(span.from, -shift), to: addDays(to, -shift) + time };
  }
  const length = monthsIn(grain);
  const months = (monthsBetween(firstDay(span.from, grain), firstDay(to, grain)) / length + 1) * length;
  const shifted = addMonths(to, -months);
  return { from: addMonths(span.from, -months), to: (to === monthEnd(to) ? monthEnd(shifted) : shifted) + time };
}

/** How many months a period of a grain has; 0: it is shorter. */
function monthsIn(grain: Grain): number {
  switch (grain) {
    case 'month':
      return 1;
    case 'quarter':
    case 'fiscal_quarter':
      return 3;
    case 'year':
    case 'fiscal_year':
      return 12;
    default:
      return 0;
  }
}

/** The month that years of a grain start in, from January as 0. */
function yearStart(grain: Grain): number {
  return grain.startsWith('fiscal_') ? (calendar.fiscalStart ?? 0) : 0;
}

/** How many months of the grain's year are over before the one that a day is in. */
function monthOfYear(day: string, grain: Grain): number {
  return (Number(day.slice(5, 7)) - 1 - yearStart(grain) + 12) % 12;
}

/** The first day of the period that a day is in. */
function firstDay(day: string, grain: Grain): string {
  if (grain === 'week') return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 7 - calendar.weekStart) % 7));
  const length = monthsIn(grain);
  if (length === 0) return day;
  return addMonths(`${day.slice(0, 7)}-01`, -(monthOfYear(day, grain) % length));
}

function nextDay(first: string, grain: Grain): string {
  const length = monthsIn(grain);
  return length === 0 ? addDays(first, grain === 'week' ? 7 : 1) : addMonths(first, length);
}

/** The name of the period that starts on a day. Fiscal years are named after the year that they end in. */
function nameOf(first: string, grain: Grain): string {
  if (monthsIn(grain) === 0) return first;
  if (grain === 'month') return first.slice(0, 7);
  const since = monthOfYear(first, grain);
  const end = addMonths(first, 11 - since);
  const year = grain.startsWith('fiscal_') ? `FY${end.slice(0, 4)}` : first.slice(0, 4);
  return monthsIn(grain) === 12 ? year : `${year}-Q${since / 3 + 1}`;
}

/** The first day of a period by its name. */
function dayOfName(name: string, grain: Grain): string {
  if (monthsIn(grain) === 0) return name;
  if (grain === 'month') return `${name}-01`;
  const [, year = '', quarter = '1'] = /^(?:FY)?(\d{4})(?:-Q([1-4]))?$/.exec(name) ?? [];
  const start = yearStart(grain);
  return addMonths(`${year}-01-01`, start - (start > 0 ? 12 : 0) + (Number(quarter) - 1) * 3);
}
