import { describe, expect, it } from 'vitest';
import { addMonths, before, beforeBars, grainOf, grainOfAll, nearestPeriod, parsePeriod, periods, spanOf } from './period';

const asOf = '2011-12-09T12:50:00Z';

describe('grainOfAll', () => {
  it.each([
    ['2011-11-10T08:00:00Z', 'day'],
    ['2011-09-10T08:00:00Z', 'week'],
    ['2010-09-10T08:00:00Z', 'month'],
  ])('since %s is by %s', (from, grain) => {
    expect(grainOfAll({ from, to: asOf })).toBe(grain);
  });

  it('is by month where nobody knows how long', () => {
    expect(grainOfAll(undefined)).toBe('month');
  });
});

describe('spanOf', () => {
  it.each([
    ['all', undefined],
    ['12m', { from: '2010-12-01', to: '2011-11-30' }],
    ['year', { from: '2011-01-01', to: '2011-12-09' }],
    ['90d', { from: '2011-09-11', to: '2011-12-09' }],
    ['2011-06-30..2011-06-01', { from: '2011-06-01', to: '2011-06-30' }],
  ])('%s is relative to the data', (text, span) => {
    expect(spanOf(parsePeriod(text) ?? { type: '90d' }, asOf)).toEqual(span);
  });

  it('counts a month that ends with the data as complete', () => {
    expect(spanOf({ type: '12m' }, '2011-11-30T23:00:00Z')).toEqual({ from: '2010-12-01', to: '2011-11-30' });
  });
});

describe('parsePeriod', () => {
  it.each([
    ['', undefined],
    ['12M', '12m'],
    ['yaer', 'year'],
    ['2011-13-01..x', undefined],
    ['2011-02-30..2011-03-02', '2011-02-28..2011-03-02'],
    ['2011-06', '2011-06-01..2011-06-30'],
    ['2011-Q2', '2011-04-01..2011-06-30'],
    ['2011', '2011-01-01..2011-12-31'],
    ['2011-1..2011-3', '2011-01-01..2011-03-31'],
    ['2011-06-01..2011-06-30..2011-07-01', undefined],
  ])('%s is none, and %s was meant', (text, meant) => {
    expect(parsePeriod(text)).toBeUndefined();
    expect(nearestPeriod(text)).toBe(meant);
    if (meant !== undefined) expect(parsePeriod(meant)).toBeDefined();
  });
});

// The spans that /kpis?compare=previous names in meta.compared.
describe('before', () => {
  it.each([
    ['whole months', '2011-06-01', '2011-08-31', '2011-03-01', '2011-05-31'],
    ['months that end with the data', '2011-01-01', '2011-12-09', '2010-01-01', '2010-12-09'],
    ['days', '2011-09-11', '2011-12-09', '2011-06-13', '2011-09-10'],
    ['one month', '2011-03-01', '2011-03-31', '2011-02-01', '2011-02-28'],
  ])('%s', (_, from, to, earlierFrom, earlierTo) => {
    expect(before({ from, to }, asOf)).toEqual({ from: earlierFrom, to: earlierTo });
  });
});

describe('beforeBars', () => {
  it('keeps weekdays below weekdays', () => {
    const span = { from: '2011-09-11', to: '2011-12-09' };
    const earlier = beforeBars(span, 'week', asOf);
    expect(earlier).toEqual({ from: '2011-06-12', to: '2011-09-09T12:50:00Z' });
    expect(periods({ from: earlier.from, to: earlier.to.slice(0, 10) }, 'week')).toHaveLength(periods(span, 'week').length);
  });

  it.each([
    // What reaches the data's end is cut there, to the minute, and so is what it is compared with.
    ['month', '2011-01-01', '2011-12-09', '2010-01-01', '2010-12-09T12:50:00Z'],
    ['month', '2011-12-01', '2011-12-31', '2011-11-01', '2011-11-09T12:50:00Z'],
    ['day', '2011-12-08', '2011-12-09', '2011-12-06', '2011-12-07T12:50:00Z'],
    ['week', '2011-11-28', '2011-12-09', '2011-11-14', '2011-11-25T12:50:00Z'],
    ['month', '2011-02-01', '2011-02-28', '2011-01-01', '2011-01-31'],
    // Each month has its days: 15 March to 20 June with 15 November to 20 February.
    ['month', '2011-03-15', '2011-06-20', '2010-11-15', '2011-02-20'],
  ] as const)('by %s, %s to %s', (grain, from, to, earlierFrom, earlierTo) => {
    const span = { from, to };
    const earlier = beforeBars(span, grain, '2011-12-09T12:50:00Z');
    expect(earlier).toEqual({ from: earlierFrom, to: earlierTo });
    const covered = { from, to: to > '2011-12-09' ? '2011-12-09' : to };
    expect(periods({ from: earlier.from, to: earlier.to.slice(0, 10) }, grain)).toHaveLength(periods(covered, grain).length);
  });
});

describe('periods', () => {
  it('names weeks by their Monday, months and days by themselves', () => {
    expect(periods({ from: '2011-12-01', to: '2011-12-12' }, 'week')).toEqual(['2011-11-28', '2011-12-05', '2011-12-12']);
    expect(periods({ from: '2011-11-15', to: '2012-01-02' }, 'month')).toEqual(['2011-11', '2011-12', '2012-01']);
    expect(periods({ from: '2012-02-28', to: '2012-03-01' }, 'day')).toEqual(['2012-02-28', '2012-02-29', '2012-03-01']);
  });

  it('are as many as can be read', () => {
    expect(grainOf({ from: '2011-12-01', to: '2011-12-09' })).toBe('day');
    expect(grainOf({ from: '2011-09-11', to: '2011-12-09' })).toBe('week');
    expect(grainOf({ from: '2010-12-01', to: '2011-11-30' })).toBe('month');
  });

  it('stay in a month that is too short', () => {
    expect(addMonths('2012-03-31', -1)).toBe('2012-02-29');
  });
});
