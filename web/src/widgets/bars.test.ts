import { describe, expect, it } from 'vitest';
import { barsOf } from './bars';

const sum = { name: 'ca', dataset: 'sales', formula: 'sum(amount)' };
const source = { span: undefined, grain: 'month', metric: sum, compare: 'previous', earlier: undefined, partial: [] as string[] } as const;

describe('barsOf', () => {
  it('stand for periods without data too', () => {
    const bars = barsOf({ ...source, rows: [{ time: '2011-10', ca: 5 }, { time: '2011-12', ca: 7 }] });
    expect(bars.map((bar) => [bar.period, bar.value])).toEqual([['2011-10', 5], ['2011-11', 0], ['2011-12', 7]]);
    expect(barsOf({ ...source, metric: { ...sum, formula: 'ca / n' }, rows: [{ time: '2011-10', ca: 5 }, { time: '2011-12', ca: 7 }] })[1]?.value).toBeNull();
  });

  it("take the server's like for like where it compares", () => {
    const [, last] = barsOf({ ...source, partial: ['2011-12'], rows: [{ time: '2011-11', ca: 10, ca_previous: null, ca_change: null }, { time: '2011-12', ca: 4, ca_previous: 5, ca_change: -0.2 }] });
    expect(last).toEqual({ period: '2011-12', value: 4, partial: true, compared: 5, change: -0.2, against: { from: '2011-11-01', to: '2011-11-30' } });
  });

  it('stand beside the bars of the span before theirs, in their order', () => {
    const bars = barsOf({ ...source, span: { from: '2011-03-01', to: '2011-04-30' }, rows: [{ time: '2011-03', ca: 6 }], earlier: { span: { from: '2011-01-01', to: '2011-02-28' }, rows: [{ time: '2011-01', ca: 4 }, { time: '2011-02', ca: 8 }] } });
    expect(bars.map(({ value, compared, change }) => [value, compared, change])).toEqual([[6, 4, 0.5], [0, 8, -1]]);
  });

  it('have no line where nothing is known of the span before', () => {
    const [bar] = barsOf({ ...source, span: { from: '2011-03-01', to: '2011-03-31' }, rows: [{ time: '2011-03', ca: 6 }], earlier: { span: { from: '2011-02-01', to: '2011-02-28' }, rows: [] } });
    expect(bar).toMatchObject({ compared: null, change: null });
  });
});
