import { describe, expect, it } from 'vitest';
import { addMonths, before, beforeBars, grainOf, parsePeriod, periods, spanOf } from './period';

const asOf = '2011-12-09T12:50:00Z';

describe('spanOf', () => {
  it.each([
    ['all', undefined],
    ['12m', { from: '2010-12-01', to: '2011-11-30' }],
    ['year', { from: '2011-01-01', to: '2011-12-09' }],
    ['90d', { from: '2011-09-11', to: '2011-12-09' }],
    ['2011-06-30..2011-06-01', { from: '2011-06-01', to: '2011-06-30' }],
  ])('%s is relative to the data', (text, span) => {
    expect(spanOf(parsePeriod(text), asOf)).toEqual(span);
  });

  it('counts a month that ends with the data as complete', () => {
    expect(spanOf({ type: '12m' }, '2011-11-30T23:00:00Z')).toEqual({ from: '2010-12-01', to: '2011-11-30' });
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
    expect(earlier).toEqual({ from: '2011-06-12', to: '2011-09-09' });
    expect(periods(earlier, 'week')).toHaveLength(periods(span, 'week').length);
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
