import { describe, expect, it } from 'vitest';
import { grouped, isPart, partsOf, shownGroups } from './parts';

it('what the largest groups lack of the totals is the others', () => {
  const rows = [{ city: 'Paris', sum_n: 50 }, { city: null, sum_n: 30 }];
  const { parts, totals } = partsOf(rows, { sum_n: 100 }, 'city', ['n'], (name) => `sum_${name}`, false);
  expect(totals).toEqual({ n: 100 });
  expect(parts).toEqual([{ choice: 'Paris', figures: { n: 50 } }, { choice: null, figures: { n: 30 } }, { choice: undefined, figures: { n: 20 } }]);
  expect(partsOf(rows, { sum_n: 80 }, 'city', ['n'], (name) => `sum_${name}`, true).parts).toHaveLength(2);
});

it('rows that aren’t one a group are added up', () => {
  const rows = [{ city: 'a', n: 1 }, { city: 'b', n: 5 }, { city: 'a', n: 3 }, { city: null, n: 2 }, { city: 'b', n: null }];
  expect(grouped(rows, 'city', ['n'], 'n', 2)).toEqual({ rows: [{ city: 'b', n: 5 }, { city: 'a', n: 4 }], totals: { n: 11 } });
});

it('a short list that is closed is shown whole, with those that have no value', () => {
  expect([shownGroups(undefined), shownGroups(['a', 'b']), shownGroups(Array.from('abcdefghij')), shownGroups(Array.from({ length: 50 }, String))]).toEqual([6, 6, 11, 6]);
});

describe('isPart', () => {
  it.each(['sum(amount)', "sum(amount where country = 'FR')", 'count()', 'count_distinct(client)', 'revenue - cost'])('%s of groups are parts of the whole', (formula) => {
    expect(isPart(formula)).toBe(true);
  });

  it.each(['avg(rating)', 'median(x)', 'quantile(x, 0.9)', 'max(x)', 'last(x, at)', 'revenue / orders'])('%s of groups are not', (formula) => {
    expect(isPart(formula)).toBe(false);
  });
});
