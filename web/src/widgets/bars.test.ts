import { describe, expect, it } from 'vitest';
import { barsOf } from './bars';

const sum = { name: 'ca', dataset: 'sales', formula: 'sum(amount)' };
const source = { span: undefined, grain: 'month', metric: sum, compare: 'previous', earlier: undefined, partial: [] as string[], data: undefined, times: undefined } as const;

describe('barsOf', () => {
  it('stand for periods without data too', () => {
    const bars = barsOf({ ...source, rows: [{ time: '2011-10', ca: 5 }, { time: '2011-12', ca: 7 }] });
    expect(bars.map((bar) => [bar.period, bar.value])).toEqual([['2011-10', 5], ['2011-11', 0], ['2011-12', 7]]);
    expect(barsOf({ ...source, metric: { ...sum, formula: 'ca / n' }, rows: [{ time: '2011-10', ca: 5 }, { time: '2011-12', ca: 7 }] })[1]?.value).toBeNull();
  });

  it("take the server's like for like where it compares", () => {
    const times = { current: { from: '2010-12-01T00:00:00Z', to: '2011-12-09T12:50:00Z' }, previous: { from: '2010-11-01T00:00:00Z', to: '2011-11-09T12:50:00Z' } };
    const [, last] = barsOf({ ...source, times, partial: ['2011-12'], rows: [{ time: '2011-11', ca: 10, ca_previous: null, ca_change: null }, { time: '2011-12', ca: 4, ca_previous: 5, ca_change: -0.2 }] });
    expect(last).toEqual({ period: '2011-12', value: 4, partial: true, span: { from: '2011-12-01', to: '2011-12-09T12:50:00Z' }, compared: 5, change: -0.2, against: { from: '2011-11-01', to: '2011-11-09T12:50:00Z' } });
  });

  it('are partial where a filter or the data cut a period, at either end', () => {
    const rows = [{ time: '2011-05-30', ca: 1 }, { time: '2011-06-06', ca: 2 }, { time: '2011-06-27', ca: 3 }];
    const data = { from: '2010-12-01T08:26:00Z', to: '2011-12-09T12:50:00Z' };
    const bars = barsOf({ ...source, grain: 'week', span: { from: '2011-06-01', to: '2011-06-30' }, data, rows });
    expect(bars.filter((bar) => bar.partial).map((bar) => [bar.period, bar.span])).toEqual([
      ['2011-05-30', { from: '2011-06-01', to: '2011-06-05' }],
      ['2011-06-27', { from: '2011-06-27', to: '2011-06-30' }],
    ]);
    const whole = barsOf({ ...source, grain: 'week', data, rows: [{ time: '2010-11-29', ca: 1 }, { time: '2011-12-05', ca: 1 }] });
    expect([whole[0], whole.at(-1)].map((bar) => [bar?.partial, bar?.span])).toEqual([
      [true, { from: '2010-12-01', to: '2010-12-05' }],
      [true, { from: '2011-12-05', to: '2011-12-09T12:50:00Z' }],
    ]);
    expect(whole.filter((bar) => bar.partial)).toHaveLength(2);
    // A month that begins with the data, and one whose last day has some, are whole.
    const months = barsOf({ ...source, data: { from: '2010-12-01T08:26:00Z', to: '2011-01-31T09:00:00Z' }, rows: [{ time: '2010-12', ca: 1 }, { time: '2011-01', ca: 1 }] });
    expect(months.map((bar) => bar.partial)).toEqual([false, false]);
  });

  it('end with the data, and have no figure before them', () => {
    const bars = barsOf({ ...source, span: { from: '2010-11-01', to: '2011-02-28' }, data: { from: '2010-12-01T08:26:00Z', to: '2011-01-09T12:50:00Z' }, rows: [{ time: '2010-12', ca: 1 }, { time: '2011-01', ca: 1 }] });
    expect(bars.map((bar) => [bar.period, bar.value, bar.partial])).toEqual([['2010-11', null, false], ['2010-12', 1, false], ['2011-01', 1, true]]);
  });

  it('stand beside the bars of the span before theirs, in their order', () => {
    const bars = barsOf({ ...source, span: { from: '2011-03-01', to: '2011-04-30' }, rows: [{ time: '2011-03', ca: 6 }], earlier: { span: { from: '2011-01-01', to: '2011-02-28' }, rows: [{ time: '2011-01', ca: 4 }, { time: '2011-02', ca: 8 }] } });
    expect(bars.map(({ value, compared, change }) => [value, compared, change])).toEqual([[6, 4, 0.5], [0, 8, -1]]);
  });

  it('have no line where nothing is known of the span before', () => {
    const [bar] = barsOf({ ...source, span: { from: '2011-03-01', to: '2011-03-31' }, rows: [{ time: '2011-03', ca: 6 }], earlier: { span: { from: '2011-02-01', to: '2011-02-28' }, rows: [] } });
    expect(bar).toMatchObject({ compared: null, change: null });
  });

  it('of hours are those between the first and the last known, beside the same hours before', () => {
    const rows = [{ time: '2011-12-09T09:00:00Z', ca: 6 }, { time: '2011-12-09T11:00:00Z', ca: 2 }];
    const earlier = { span: { from: '2011-12-08', to: '2011-12-08T12:50:00Z' }, rows: [{ time: '2011-12-08T09:00:00Z', ca: 4 }, { time: '2011-12-08T10:00:00Z', ca: 8 }] };
    const bars = barsOf({ ...source, grain: 'hour', span: { from: '2011-12-09', to: '2011-12-09' }, rows, earlier });
    expect(bars.map(({ period, value, compared, change }) => [period.slice(11, 13), value, compared, change])).toEqual([['09', 6, 4, 0.5], ['10', 0, 8, -1], ['11', 2, 0, null]]);
    expect(bars[0]?.against?.from).toBe('2011-12-08T09:00:00');
    const [, , last] = barsOf({ ...source, grain: 'hour', compare: 'year', rows: [rows[0] ?? {}, { ...rows[1], ca_previous: 1, ca_change: 1 }] });
    expect(last).toMatchObject({ value: 2, compared: 1, change: 1, against: { from: '2010-12-09T11:00:00', to: '2010-12-09T11:59:59' } });
  });
});
