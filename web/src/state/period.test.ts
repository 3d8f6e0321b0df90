import { describe, expect, it } from 'vitest';
import { addMonths, before, nearestPeriod, parsePeriod, spanOf } from './period';

const asOf = '2011-12-09T12:50:00Z';

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

describe('addMonths', () => {
  it('stays in a month that is too short', () => {
    expect(addMonths('2012-03-31', -1)).toBe('2012-02-29');
  });
});
