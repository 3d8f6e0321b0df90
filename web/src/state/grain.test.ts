import { afterEach, describe, expect, it } from 'vitest';
import { beforeBars, countTimeAs, grainOf, grainOfAll, grainsOf, hoursBetween, periodOf, periods, spanOfPeriod } from './grain';

const asOf = '2011-12-09T12:50:00Z';

afterEach(() => { countTimeAs({}); });

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
    ['hour', '2011-12-08', '2011-12-09', '2011-12-06', '2011-12-07T12:50:00Z'],
    ['week', '2011-11-28', '2011-12-09', '2011-11-14', '2011-11-25T12:50:00Z'],
    // As many quarters before: the one that begins, and the one that isn't over.
    ['quarter', '2011-05-15', '2011-12-09', '2010-08-15', '2011-03-09T12:50:00Z'],
    ['year', '2011-01-01', '2011-12-09', '2010-01-01', '2010-12-09T12:50:00Z'],
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
});

describe('a grain', () => {
  // What group_by says of the same days in a model with fiscalYearStart: april.
  it.each([
    ['quarter', '2011-12-09', '2011-Q4', '2011-10-01', '2011-12-31'],
    ['year', '2011-12-09', '2011', '2011-01-01', '2011-12-31'],
    ['fiscal_quarter', '2011-12-09', 'FY2012-Q3', '2011-10-01', '2011-12-31'],
    ['fiscal_quarter', '2012-02-29', 'FY2012-Q4', '2012-01-01', '2012-03-31'],
    ['fiscal_quarter', '2011-04-01', 'FY2012-Q1', '2011-04-01', '2011-06-30'],
    ['fiscal_year', '2011-03-31', 'FY2011', '2010-04-01', '2011-03-31'],
    ['fiscal_year', '2011-04-01', 'FY2012', '2011-04-01', '2012-03-31'],
  ] as const)('%s of %s is %s', (grain, day, name, from, to) => {
    countTimeAs({ fiscal_year_start: 4 });
    expect(periodOf(day, grain)).toBe(name);
    expect(spanOfPeriod(name, grain)).toEqual({ from, to });
  });

  it('of fiscal years from January is the calendar year', () => {
    countTimeAs({ fiscal_year_start: 1 });
    expect(periodOf('2011-12-31', 'fiscal_quarter')).toBe('FY2011-Q4');
    expect(spanOfPeriod('FY2011', 'fiscal_year')).toEqual({ from: '2011-01-01', to: '2011-12-31' });
  });

  it('names every period that a span touches', () => {
    countTimeAs({ fiscal_year_start: 4 });
    expect(periods({ from: '2010-12-01', to: '2011-04-09' }, 'quarter')).toEqual(['2010-Q4', '2011-Q1', '2011-Q2']);
    expect(periods({ from: '2010-12-01', to: '2011-04-09' }, 'fiscal_quarter')).toEqual(['FY2011-Q3', 'FY2011-Q4', 'FY2012-Q1']);
    expect(periods({ from: '2010-12-01', to: '2011-04-09' }, 'fiscal_year')).toEqual(['FY2011', 'FY2012']);
  });

  it('of weeks starts on the day that the model says', () => {
    countTimeAs({ week_start: 'sunday' });
    expect(periodOf('2011-12-09', 'week')).toBe('2011-12-04');
  });

  it('of hours is told by the local time, and each hour is one where clocks are put back', () => {
    countTimeAs({ timezone: 'Europe/Paris' });
    expect(spanOfPeriod('2011-12-08T23:00:00Z', 'hour')).toEqual({ from: '2011-12-09T00:00:00', to: '2011-12-09T00:59:59' });
    const night = hoursBetween(['2011-10-30T02:00:00Z', '2011-10-29T23:00:00Z']);
    expect(night).toEqual(['2011-10-29T23:00:00Z', '2011-10-30T00:00:00Z', '2011-10-30T01:00:00Z', '2011-10-30T02:00:00Z']);
    expect(night.map((hour) => spanOfPeriod(hour, 'hour').from.slice(11, 13))).toEqual(['01', '02', '02', '03']);
  });
});

describe('grainsOf', () => {
  it('offers those that the field has and that make bars of the span', () => {
    expect(grainsOf('time', { from: '2011-12-01', to: '2011-12-09T12:50:00Z' })).toEqual(['hour', 'day', 'week', 'month']);
    expect(grainsOf('date', { from: '2011-12-01', to: '2011-12-09' })).toEqual(['day', 'week', 'month']);
    expect(grainsOf('time', { from: '2010-12-01', to: '2011-12-09' })).toEqual(['day', 'week', 'month', 'quarter', 'year']);
    countTimeAs({ fiscal_year_start: 4 });
    expect(grainsOf('date', { from: '2011-01-01', to: '2011-06-30' })).toEqual(['day', 'week', 'month', 'quarter', 'fiscal_quarter']);
    expect(grainsOf('date', undefined)).toEqual(['day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year']);
  });

  it('are hours of a day of which times are known, and quarters of many years', () => {
    expect(grainOf({ from: '2011-12-08', to: '2011-12-09' }, true)).toBe('hour');
    expect(grainOf({ from: '2011-12-08', to: '2011-12-09' }, false)).toBe('day');
    expect(grainOfAll({ from: '1992-01-08', to: '1998-11-27' })).toBe('month');
    expect(grainOfAll({ from: '1990-01-08', to: '2011-12-09' })).toBe('quarter');
    expect(grainOfAll({ from: '1950-01-08', to: '2011-12-09' })).toBe('year');
    countTimeAs({ fiscal_year_start: 4 });
    expect(grainOfAll({ from: '1990-01-08', to: '2011-12-09' })).toBe('fiscal_quarter');
  });
});
