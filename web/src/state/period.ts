import type { Span } from '../api/answer';
import { nearest } from './nearest';

// The period of the page, relative to what the release speaks of (as_of), never to today. Days are the model's.

export type Period = { type: 'all' } | { type: '12m' } | { type: 'year' } | { type: '90d' } | ({ type: 'span' } & Span);

export const presets = ['all', '12m', 'year', '90d'] as const;

/** Reads `all`, `12m`, `year`, `90d` or `2011-01-01..2011-06-30`; undefined where it is none of these. */
export function parsePeriod(text: string): Period | undefined {
  const preset = presets.find((type) => type === text);
  if (preset !== undefined) return { type: preset };
  const [from = '', to = '', ...more] = text.split('..');
  if (more.length > 0 || !isDay(from) || !isDay(to)) return undefined;
  return from <= to ? { type: 'span', from, to } : { type: 'span', from: to, to: from };
}

/** What a text that is no period was meant to be: days for a year, a quarter or months, the last day of a month for one after it. */
export function nearestPeriod(text: string): string | undefined {
  const ends = text.trim().split(/\.{2,}|\//);
  const [first, last] = [ends[0], ends.at(-1)].map((end) => daysOf(end ?? ''));
  if (first && last && ends.length <= 2) return `${first.from}..${last.to}`;
  return nearest(text, [...presets]);
}

/** The days of `2011`, `2011-Q2`, `2011-06` and `2011-06-31`. */
function daysOf(text: string): Span | undefined {
  const [, year, quarter, month, day] = /^(\d{4})(?:-?[Qq]([1-4])|-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text.trim()) ?? [];
  if (year === undefined) return undefined;
  if (quarter !== undefined) {
    const from = `${year}-${String(Number(quarter) * 3 - 2).padStart(2, '0')}-01`;
    return { from, to: monthEnd(addMonths(from, 2)) };
  }
  if (month === undefined) return { from: `${year}-01-01`, to: `${year}-12-31` };
  if (Number(month) < 1 || Number(month) > 12) return undefined;
  const first = `${year}-${month.padStart(2, '0')}-01`;
  if (day === undefined) return { from: first, to: monthEnd(first) };
  if (Number(day) < 1 || Number(day) > 31) return undefined;
  const at = [first.slice(0, 8) + day.padStart(2, '0'), monthEnd(first)].sort()[0] ?? first;
  return { from: at, to: at };
}

export function formatPeriod(period: Period): string {
  return period.type === 'span' ? `${period.from}..${period.to}` : period.type;
}

/** The days of a period; undefined: all of them. */
export function spanOf(period: Period, asOf: string): Span | undefined {
  const last = asOf.slice(0, 10);
  switch (period.type) {
    case 'all':
      return undefined;
    case 'year':
      return { from: `${last.slice(0, 4)}-01-01`, to: last };
    case '90d':
      return { from: addDays(last, -89), to: last };
    case '12m': {
      const { from, to } = lastMonth(asOf);
      return { from: addMonths(from, -11), to };
    }
    case 'span':
      return { from: period.from, to: period.to };
  }
}

/**
 * The span before one, of the same length, as the API compares: months before whole months (the last one may end with
 * the data), else days before days.
 */
export function before(span: Span, asOf: string): Span {
  if (wholeMonths(span, asOf)) {
    const months = monthsBetween(span.from, span.to) + 1;
    const from = addMonths(span.from, -months);
    const to = span.to === monthEnd(span.to) ? addDays(span.from, -1) : addMonths(span.to, -months);
    return { from, to };
  }
  return { from: addDays(span.from, -days(span)), to: addDays(span.from, -1) };
}

/** The last month that the data covers to its end. */
export function lastMonth(asOf: string): Span {
  const last = asOf.slice(0, 10);
  const to = last === monthEnd(last) ? last : addDays(`${last.slice(0, 7)}-01`, -1);
  return { from: `${to.slice(0, 7)}-01`, to };
}

/** Whether a span is of months, each whole or as far as there is data. */
export function wholeMonths(span: Span, asOf: string): boolean {
  return span.from.endsWith('-01') && (span.to === monthEnd(span.to) || span.to === asOf.slice(0, 10));
}

/** Whether an end is that of a whole day: a day, its last second, or its midnight, at which days are stored. */
export function dayEnds(end: string): boolean {
  return end.length === 10 || end.slice(11, 19) === '23:59:59' || end.slice(11, 19) === '00:00:00';
}

/** How many days a span has. */
export function days(span: Span): number {
  return Math.round((Date.parse(span.to) - Date.parse(span.from)) / 86_400_000) + 1;
}

export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** A day some months on; the last of the month where the month is too short. */
export function addMonths(day: string, count: number): string {
  const first = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + count);
  const month = first.toISOString().slice(0, 8);
  const end = monthEnd(`${month}01`);
  const same = month + day.slice(8, 10);
  return same < end ? same : end;
}

export function monthEnd(day: string): string {
  const date = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1, 0);
  return date.toISOString().slice(0, 10);
}

/** How many months lie between two days' months. */
export function monthsBetween(from: string, to: string): number {
  return (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // Date takes 30 February for 2 March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
