import type { Doc, Lang } from '../api/dashboard';
import type { Span, Value } from '../api/answer';
import { dictionaries } from '../i18n/dictionary';
import { pick } from '../i18n/language';
import type { Choice } from '../state/condition';
import { Clock } from '../state/clock';
import { spanOfPeriod, type Grain } from '../state/grain';
import { monthEnd } from '../state/period';

const missing = '—';

/** The formats of fields whose values are periods of the calendar. */
const periodic: ReadonlySet<Doc['format']> = new Set(['date', 'week', 'month', 'quarter', 'year']);

/** Formatter writes figures and dates as the reader's language does. Days and times are of the model's zone. */
export class Formatter {
  readonly lang: Lang;
  readonly #locale: string;
  readonly #currency: string | undefined;
  readonly #clock: Clock;
  readonly #numbers = new Map<string, Intl.NumberFormat>();
  readonly #dates = new Map<string, Intl.DateTimeFormat>();

  /** The model's locale is used where it is of the reader's language. */
  constructor(lang: Lang, model: { locale?: string; currency?: string; timezone?: string }) {
    this.lang = lang;
    this.#locale = model.locale?.slice(0, 2).toLowerCase() === lang ? model.locale : lang === 'fr' ? 'fr-FR' : 'en-GB';
    this.#currency = model.currency;
    this.#clock = new Clock(model.timezone);
  }

  /** A figure in full: money to the cent, integers whole. */
  exact(value: number | null | undefined, doc: Doc): string {
    return this.#figure(value, doc, doc.format === 'money' ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : doc.format === 'percent' ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : {});
  }

  /** A figure as cards and lists show it: large money and metrics without cents, percentages below ten with a digit; as the largest is of those beside it. */
  short(value: number | null | undefined, doc: Doc & { formula?: string }, largest = value): string {
    if (doc.format === 'percent') return this.#figure(value, doc, { maximumFractionDigits: Math.abs(value ?? 0) < 0.1 ? 1 : 0 });
    if (Math.abs(largest ?? 0) >= 1000 && (doc.format === 'money' || doc.formula !== undefined)) return this.#figure(value, doc, { minimumFractionDigits: 0, maximumFractionDigits: 0 });
    return this.#figure(value, doc, doc.format === 'money' ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : {});
  }

  /** A figure beside others in a line: in full, but for millions: 1.16M. */
  brief(value: number | null | undefined, doc: Doc & { formula?: string }, largest = value): string {
    return Math.abs(value ?? 0) < 1e6 ? this.short(value, doc, largest) : this.#figure(value, doc, { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 2 });
  }

  /** A figure for axes and narrow places: 1.2M. */
  compact(value: number | null | undefined, doc: Doc): string {
    return this.#figure(value, doc, { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1 });
  }

  /** An edge of a bin, apart from the next one: 0.05, 1950, 12.5k. */
  edge(value: number): string {
    return this.#number(Math.abs(value) < 10_000 ? { useGrouping: 'min2', maximumSignificantDigits: 6 } : { notation: 'compact', maximumSignificantDigits: 4 }).format(value);
  }

  integer(value: number): string {
    return this.#number({ maximumFractionDigits: 0 }).format(value);
  }

  milliseconds(value: number): string {
    return this.#number({ maximumSignificantDigits: 2 }).format(value);
  }

  /** A number of bytes in few digits: 12.3 MB. */
  bytes(value: number): string {
    const [size, unit] = ([[1e12, 'terabyte'], [1e9, 'gigabyte'], [1e6, 'megabyte'], [1e3, 'kilobyte']] as const).find(([least]) => value >= least) ?? ([1, 'byte'] as const);
    return this.#number({ style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumSignificantDigits: 3 }).format(value / size);
  }

  /** A share of 1 as a percentage. */
  share(value: number | null | undefined, digits = 1): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return missing;
    return this.#number({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  }

  /** A relative change, with its sign: +11.7%; a small one with its first digit: −0.02%. */
  change(value: number | null | undefined): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return missing;
    const size = Math.abs(value);
    const digits = size >= 0.9995 ? 0 : 1;
    const precision = size >= 0.0005 || size === 0 ? { minimumFractionDigits: digits, maximumFractionDigits: digits } : { maximumFractionDigits: Math.min(6, -Math.floor(Math.log10(size)) - 2) };
    return this.#number({ style: 'percent', signDisplay: 'exceptZero', ...precision }).format(value).replace('-', '−');
  }

  /** The difference of two figures, with its sign: +€1,204.30; of percentages in points: −0.4 pp. */
  difference(value: number, doc: Doc): string {
    if (value === 0) return '=';
    const [sign, size] = [value > 0 ? '+' : '−', Math.abs(value)];
    if (doc.format === 'percent') return sign + dictionaries[this.lang].percentagePoints(this.#number({ maximumSignificantDigits: 3 }).format(size * 100));
    const text = this.exact(size, doc);
    return sign + (text === this.exact(0, doc) ? this.#figure(size, doc, { maximumSignificantDigits: 3 }) : text);
  }

  /** Two values side by side, each by its own doc, with as many digits as it takes to tell them apart. */
  apart(before: Value | undefined, was: Doc, after: Value | undefined, is: Doc): [before: string, after: string] {
    const write = (digits: number | undefined): [string, string] => [this.#precise(before, was, digits), this.#precise(after, is, digits)];
    const usual = write(undefined);
    if (usual[0] !== usual[1] || before === after) return usual;
    for (let digits = 3; digits <= 15; digits++) {
      const more = write(digits);
      if (more[0] !== more[1]) return more;
    }
    return [String(before), String(after)];
  }

  #precise(value: Value | undefined, doc: Doc, digits: number | undefined): string {
    return digits === undefined || typeof value !== 'number' ? this.value(value, doc) : this.#figure(value, doc, { maximumFractionDigits: digits });
  }

  /** Any value of a field, by its format. */
  value(value: Value | undefined, doc: Doc, style: 'exact' | 'short' = 'exact'): string {
    if (value === null || value === undefined) return missing;
    if (typeof value === 'number') return style === 'exact' ? this.exact(value, doc) : this.short(value, doc);
    if (typeof value === 'boolean') return value ? dictionaries[this.lang].yes : dictionaries[this.lang].no;
    const label = pick(doc.value_labels?.[value], this.lang);
    if (label !== undefined) return label;
    return this.#text(isInstant(value) ? this.#clock.local(value) : value, doc);
  }

  #text(value: string, doc: Doc): string {
    const period = periodic.has(doc.format) ? this.#calendar(value, doc) : undefined;
    if (period !== undefined) return period;
    // An instant within a day is told with its time, unless its field is of days.
    if (/^\d{4}-\d{2}-\d{2}(T|$)/.test(value)) return doc.format === 'datetime' || (doc.format === undefined && timeOf(value, '00:00:00') !== undefined) ? this.instant(value) : this.day(value);
    return value;
  }

  /** A value that a field is chosen by; null is the rows that have none. */
  choice(choice: Choice, doc: Doc): string {
    return choice === null ? dictionaries[this.lang].noneOf : this.value(choice, doc);
  }

  /** 9 Dec 2011 */
  day(day: string): string {
    return this.#date({ day: 'numeric', month: 'short', year: 'numeric' }).format(at(this.#clock.local(day)));
  }

  /** 9 Dec */
  dayOfYear(day: string): string {
    return this.#date({ day: 'numeric', month: 'short' }).format(at(day));
  }

  /** Dec 2011 */
  month(month: string): string {
    return this.#date({ month: 'short', year: 'numeric' }).format(at(`${month.slice(0, 7)}-01`));
  }

  /** 9 Dec 2011, 12:50 */
  instant(instant: string): string {
    return this.#date({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(`${this.#clock.local(instant).slice(0, 19)}Z`));
  }

  /** A period of a grain on an axis. */
  period(period: string, grain: Grain): string {
    switch (grain) {
      case 'hour':
        return this.end(spanOfPeriod(period, grain).from);
      case 'day':
      case 'week':
        return this.dayOfYear(period);
      case 'month':
        return this.month(period);
      default:
        return this.#calendar(period, {}) ?? period.replace('-', ' ');
    }
  }

  /** A period of a grain by itself: 5–11 Dec 2011, Q4 2011, FY2012 (Apr 2011 – Mar 2012). */
  wholePeriod(period: string, grain: Grain): string {
    if (grain === 'hour') return this.instant(spanOfPeriod(period, grain).from);
    const span = this.span(spanOfPeriod(period, grain));
    return grain === 'day' || grain === 'week' || grain === 'month' || grain === 'year' ? span : `${this.period(period, grain)} (${span})`;
  }

  /**
   * A time in words: a month, months, a year, or from – to; without the year where it is another span's too. An end that
   * is no end of a day is told with its time, as in 1–9 Dec 2011, 12:50.
   */
  span(span: Span, beside?: Span): string {
    const [from, to] = [span.from.slice(0, 10), span.to.slice(0, 10)];
    const [start, end] = [timeOf(span.from, '00:00:00'), timeOf(span.to, '23:59:59')];
    const year = beside?.from.slice(0, 4) === from.slice(0, 4) && beside.to.slice(0, 4) === to.slice(0, 4) ? {} : { year: 'numeric' as const };
    const day = this.#date({ day: 'numeric', month: 'short', ...year });
    if (start !== undefined) return `${day.format(at(from))}, ${start} – ${day.format(at(to))}${end === undefined ? '' : `, ${end}`}`;
    if (end !== undefined) return `${day.formatRange(at(from), at(to))}, ${end}`;
    if (from.endsWith('-01') && to === monthEnd(to)) {
      if (from.slice(0, 7) === to.slice(0, 7)) return this.#date({ month: 'short', ...year }).format(at(from));
      if (from.slice(5) === '01-01' && to === `${from.slice(0, 4)}-12-31`) return from.slice(0, 4);
      return this.#date({ month: 'short', ...year }).formatRange(at(from), at(to));
    }
    return day.formatRange(at(from), at(to));
  }

  /** The end of a time: 9 Dec, or 9 Dec, 12:50 where it is within a day. */
  end(to: string): string {
    const time = timeOf(to, '23:59:59');
    return time === undefined ? this.dayOfYear(to) : `${this.dayOfYear(to)}, ${time}`;
  }

  /** Words one after the other: A, B and C. */
  list(words: string[]): string {
    return new Intl.ListFormat(this.#locale, { type: 'conjunction' }).format(words);
  }

  /** How long ago an instant is: 2 hours ago. */
  ago(instant: string, now: Date): string {
    const seconds = (new Date(instant).getTime() - now.getTime()) / 1000;
    const relative = new Intl.RelativeTimeFormat(this.#locale, { numeric: 'auto' });
    const [size, unit] = ([[86_400, 'day'], [3600, 'hour'], [60, 'minute']] as const).find(([length]) => Math.abs(seconds) >= length) ?? ([1, 'second'] as const);
    return relative.format(unit === 'second' ? 0 : Math.round(seconds / size), unit);
  }

  /** A calendar period as contracts' formats have it, or a longer one that a filter names: W23 2011, Jun 2011, Q2 2011. */
  #calendar(value: string, doc: Doc): string | undefined {
    const [, year = '', quarter, week, month, rest] = /^(\d{4})-(?:Q([1-4])|W(\d{2})|(\d{2})(-.*)?)$/.exec(value) ?? [];
    if (quarter !== undefined) return dictionaries[this.lang].quarter(quarter, year);
    if (week !== undefined) return dictionaries[this.lang].week(String(Number(week)), year);
    if (month === undefined) return undefined;
    // Of a date that is shown as its month, the day says nothing.
    return rest === undefined || doc.format === 'month' ? this.month(value) : undefined;
  }

  #figure(value: number | null | undefined, doc: Doc, options: Intl.NumberFormatOptions): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return missing;
    if (doc.format === 'percent') return this.#number({ style: 'percent', maximumFractionDigits: 1, ...options, notation: 'standard' }).format(value);
    if (doc.format === 'money') {
      const currency = doc.unit ?? this.#currency;
      const style: Intl.NumberFormatOptions = currency !== undefined && /^[A-Z]{3}$/.test(currency) ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } : {};
      return this.#number({ ...style, ...options }).format(value);
    }
    // A key such as 12346 is a name, and a year no amount: whole numbers of fields that have no format are written plainly.
    if (doc.format === undefined && isWhole(doc) && Number.isInteger(value)) return String(value);
    return this.#number({ maximumFractionDigits: doc.format === 'integer' ? 0 : 2, ...options }).format(value);
  }

  #number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = JSON.stringify(options);
    let format = this.#numbers.get(key);
    if (!format) this.#numbers.set(key, (format = new Intl.NumberFormat(this.#locale, options)));
    return format;
  }

  #date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = JSON.stringify(options);
    let format = this.#dates.get(key);
    if (!format) this.#dates.set(key, (format = new Intl.DateTimeFormat(this.#locale, { timeZone: 'UTC', ...options })));
    return format;
  }
}

function isInstant(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value);
}

/** The hours and minutes of an instant; undefined where it is the end of a day that is whole: its midnight, or its last second. */
function timeOf(instant: string, edge: string): string | undefined {
  const time = instant.slice(11, 19);
  return time === '' || time === '00:00:00' || time === edge ? undefined : time.slice(0, 5);
}

/** Whether figures of a doc are whole numbers of a field; metrics are amounts always. */
function isWhole(doc: Doc & { type?: string; formula?: string }): boolean {
  return doc.formula === undefined && doc.type !== 'double' && doc.type !== 'decimal';
}

function at(day: string): Date {
  return new Date(`${day.slice(0, 10)}T00:00:00Z`);
}
