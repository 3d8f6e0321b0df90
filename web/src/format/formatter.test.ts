import type { Doc } from '../api/dashboard';
import { describe, expect, it } from 'vitest';
import { Formatter } from './formatter';

const en = new Formatter('en', { currency: 'EUR' });
const fr = new Formatter('fr', { currency: 'EUR' });
const money = { format: 'money', unit: 'EUR' } as const;

/** Blanks that don't break are blanks here. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f\u2009]/g, ' ');

describe('figures', () => {
  it('are written as the language does', () => {
    expect(en.exact(8616451.36, money)).toBe('€8,616,451.36');
    expect(plain(fr.exact(8616451.36, money))).toBe('8 616 451,36 €');
    expect(en.short(21.686973, money)).toBe('€21.69');
    expect(en.short(8616451.36, money)).toBe('€8,616,451');
    expect([en.short(0.0339, { format: 'percent' }), en.short(0.42, { format: 'percent' })]).toEqual(['3.4%', '42%']);
    expect(en.compact(1_234_567, money)).toBe('€1.2m');
    expect(en.exact(397310, { format: 'integer' })).toBe('397,310');
    expect(plain(fr.share(0.8144))).toBe('81,4 %');
  });

  it('stand beside larger ones as those do', () => {
    const metric = { formula: 'sum(amount)' };
    expect([en.short(435_483.21, metric), en.short(835.4, metric), en.short(835.4, metric, 435_483.21)]).toEqual(['435,483', '835.4', '835']);
    expect(en.brief(921.04, money, 2992)).toBe('€921');
    expect(en.short(1234.5, { type: 'double' } as Doc)).toBe('1,234.5');
  });

  it('that differ are told apart, with as many digits as it takes', () => {
    expect(en.apart(459.4, money, 463.99399999999997, money)).toEqual(['€459.40', '€463.99']);
    expect(en.apart(12.5, money, 12.50000125, money)).toEqual(['€12.50', '€12.500001']);
    expect(en.apart(0.12341, { format: 'percent' }, 0.12342, { format: 'percent' })).toEqual(['12.341%', '12.342%']);
    expect(en.apart(1, money, 1, { ...money, unit: 'GBP' })).toEqual(['€1.00', '£1.00']);
    expect(en.apart('2011-12-09T12:50:01Z', {}, '2011-12-09T12:50:02Z', {})).toEqual(['2011-12-09T12:50:01Z', '2011-12-09T12:50:02Z']);
    expect(en.apart(null, money, 0, money)).toEqual(['—', '€0.00']);
  });

  it('that are differences have a sign', () => {
    expect([en.difference(-1226.68, money), en.difference(7, { format: 'integer' }), en.difference(0, money)]).toEqual(['−€1,226.68', '+7', '=']);
    expect(en.difference(0.0012, money)).toBe('+€0.0012');
    expect([en.difference(-0.004, { format: 'percent' }), plain(fr.difference(0.0125, { format: 'percent' }))]).toEqual(['−0.4 pp', '+1,25 pt']);
  });

  it('of bytes have few digits', () => {
    expect([0, 999, 1000, 12_345_678, 4_000_000_000].map((bytes) => plain(en.bytes(bytes)))).toEqual(['0 bytes', '999 bytes', '1 kB', '12.3 MB', '4 GB']);
    expect(plain(fr.bytes(12_345_678))).toBe('12,3 Mo');
  });

  it('that are edges of bins are told apart', () => {
    expect([0, 0.05, 0.1, 1950, 12_500, 2_000_000].map((edge) => en.edge(edge))).toEqual(['0', '0.05', '0.1', '1950', '12.5k', '2m']);
  });

  it('of a grain have names of their own', () => {
    expect([en.period('2011-12-08T11:00:00Z', 'hour'), en.period('2011-12-08', 'day'), en.period('2011-12', 'month'), en.period('2011-Q4', 'quarter'), en.period('2011', 'year'), en.period('FY2012-Q3', 'fiscal_quarter')]).toEqual(['8 Dec, 11:00', '8 Dec', 'Dec 2011', 'Q4 2011', '2011', 'FY2012 Q3']);
    expect(plain(en.wholePeriod('2011-Q4', 'quarter'))).toBe('Q4 2011 (Oct – Dec 2011)');
    expect(en.wholePeriod('2011', 'year')).toBe('2011');
  });

  it("use the model's locale where it is of the reader's language", () => {
    expect(new Formatter('en', { locale: 'en-US' }).day('2011-12-09')).toBe('Dec 9, 2011');
    expect(new Formatter('en', { locale: 'fr-CA' }).day('2011-12-09')).toBe('9 Dec 2011');
  });

  it('that are keys stay plain, and what is missing is a dash', () => {
    expect(en.value(12346, {})).toBe('12346');
    expect(en.value(null, money)).toBe('—');
    expect(en.exact(Number.NaN, money)).toBe('—');
  });

  it('change with a sign', () => {
    expect(en.change(0.1168)).toBe('+11.7%');
    expect(en.change(-0.0184)).toBe('−1.8%');
    expect(en.change(0)).toBe('0.0%');
    expect(en.change(-0.000247)).toBe('−0.02%');
    expect(en.change(0.0000656)).toBe('+0.007%');
    expect(en.change(0.0000000001)).toBe('0%');
    expect(en.change(null)).toBe('—');
  });
});

describe('dates', () => {
  it('are UTC days in words', () => {
    expect(en.day('2011-12-09T12:50:00Z')).toBe('9 Dec 2011');
    expect(fr.day('2011-12-09')).toBe('9 déc. 2011');
    expect(en.value('2011-12', { format: 'month' })).toBe('Dec 2011');
  });

  it.each([
    ['2011-06-30', 'date', '30 Jun 2011', '30 juin 2011'],
    ['2011-W05', 'week', 'W5 2011', 'S5 2011'],
    ['2011-06', 'month', 'Jun 2011', 'juin 2011'],
    ['2011-06-30', 'month', 'Jun 2011', 'juin 2011'],
    ['2011-Q2', 'quarter', 'Q2 2011', 'T2 2011'],
    ['2011', 'year', '2011', '2011'],
    // A filter may name a longer period than the field has.
    ['2011-Q2', 'month', 'Q2 2011', 'T2 2011'],
    ['2011-06', 'date', 'Jun 2011', 'juin 2011'],
    ['2011', 'week', '2011', '2011'],
    // What is no period stays what it is.
    ['2011-Q2', 'text', '2011-Q2', '2011-Q2'],
    ['2011-Q5', 'quarter', '2011-Q5', '2011-Q5'],
  ] as const)('write %s of a field of format %s as %s and %s', (value, format, english, french) => {
    expect(en.value(value, { format })).toBe(english);
    expect(fr.value(value, { format })).toBe(french);
  });

  it('are told with their time, where they have one and are of no day', () => {
    const day = '2011-12-09T00:00:00Z';
    const noon = '2011-12-09T12:50:00Z';
    expect([en.value(noon, {}), en.value(day, {}), en.value(day, { format: 'datetime' }), en.value(noon, { format: 'date' })]).toEqual(['9 Dec 2011, 12:50', '9 Dec 2011', '9 Dec 2011, 00:00', '9 Dec 2011']);
  });

  it('span months and days', () => {
    expect(en.span({ from: '2011-11-01', to: '2011-11-30' })).toBe('Nov 2011');
    expect(en.span({ from: '2011-01-01', to: '2011-12-31' })).toBe('2011');
    expect(plain(en.span({ from: '2011-06-01', to: '2011-08-31' }))).toBe('Jun – Aug 2011');
    expect(plain(en.span({ from: '2011-06-13', to: '2011-09-10' }))).toBe('13 Jun – 10 Sept 2011');
  });

  it('are told from now', () => {
    expect(en.ago('2026-01-01T10:00:00Z', new Date('2026-01-01T12:10:00Z'))).toBe('2 hours ago');
  });

  it('tells of an end within a day by its time, and of a whole day by its day', () => {
    const en = new Formatter('en', {});
    const plain = (text: string): string => text.replace(/\s*–\s*/u, '–');
    const cut = { from: '2011-12-01T00:00:00Z', to: '2011-12-09T12:50:00Z' };
    expect(plain(en.span(cut))).toBe('1–9 Dec 2011, 12:50');
    expect(plain(en.span({ from: '2011-11-01T00:00:00Z', to: '2011-11-09T12:50:00Z' }, cut))).toBe('1–9 Nov, 12:50');
    expect(en.span({ from: '2011-11-01T00:00:00Z', to: '2011-11-30T23:59:59.999Z' })).toBe('Nov 2011');
    expect(plain(en.span({ from: '2011-12-01T00:00:00Z', to: '2011-12-09T00:00:00Z' }))).toBe('1–9 Dec 2011');
    expect([en.end('2011-12-09T12:50:00Z'), en.end('2011-12-09T23:59:59.999Z'), en.end('2011-12-09')]).toEqual(['9 Dec, 12:50', '9 Dec', '9 Dec']);
    expect(plain(new Formatter('fr', {}).span(cut))).toBe('1–9 déc. 2011, 12:50');
  });

  it('separates the digits of amounts, and not those of names', () => {
    const en = new Formatter('en', {});
    expect([en.exact(14646, { formula: 'count()' } as Doc), en.exact(14646, {}), en.exact(14646, { type: 'double' } as Doc)]).toEqual(['14,646', '14646', '14,646']);
  });
});
