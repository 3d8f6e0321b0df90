import { expect, test } from 'vitest';
import { adds, ageName, ageUnit, each, triangleOf } from './cohort-ages';

const rows = [
  { cohort: '2024-01', age: 0, revenue: 100 },
  { cohort: '2024-01', age: 1, revenue: 20 },
  { cohort: '2024-01', age: 3, revenue: 5 },
  { cohort: '2024-02', age: 0, revenue: 60 },
  { cohort: '2024-02', age: 2, revenue: 6 },
  { cohort: '2024-03', age: 0, revenue: 9 },
  { cohort: '2024-03', age: 1, revenue: 1 },
  { cohort: null, age: null, revenue: 7 },
];
const sizes = [{ cohort: '2024-01', buyers: 10 }, { cohort: '2024-02', buyers: 5 }, { cohort: null, buyers: 1 }];

test('an age without rows is 0 of a sum, as far as the data go', () => {
  const triangle = triangleOf(rows, sizes, 'revenue', 'buyers', ['2024-01,3', '2024-02,2', '2024-03,1'], true);
  expect(triangle.map(({ cohort, size }) => [cohort, size])).toEqual([['2024-01', 10], ['2024-02', 5], ['2024-03', null]]);
  expect(triangle.map(({ cells }) => cells.map((cell) => cell.value))).toEqual([[100, 20, 0, 5], [60, 0, 6], [9, 1]]);
  expect(triangle.map(({ cells }) => cells.map((cell) => cell.sum))).toEqual([[100, 120, 120, 125], [60, 60, 66], [9, 10]]);
  expect(triangle.map(({ cells }) => cells.filter((cell) => cell.partial).map((cell) => cell.age))).toEqual([[2, 3], [1, 2], [1]]);
});

test('what no later cohort has come to is not there', () => {
  const triangle = triangleOf([{ cohort: '2024-01', age: 0, revenue: 1 }, { cohort: '2024-02', age: 0, revenue: 2 }, { cohort: '2024-02', age: 1, revenue: 3 }], [], 'revenue', 'buyers', [], true);
  expect(triangle.map(({ cells }) => cells.map((cell) => [cell.value, cell.partial]))).toEqual([[[1, false], [0, true]], [[2, false], [3, false]]]);
});

test('what does not add up has no figure without rows, and no sum', () => {
  expect(adds('sum(amount)') && adds('count()')).toBe(true);
  expect(adds('count_distinct(buyer)') || adds('revenue / orders') || adds('sum(a) - sum(b)') || adds(undefined)).toBe(false);
  const [first] = triangleOf(rows, sizes, 'revenue', 'buyers', [], false);
  expect(first?.cells.map((cell) => cell.value)).toEqual([100, 20, null, 5]);
  expect(first?.cells.every((cell) => cell.sum === null)).toBe(true);
});

test('a figure is divided by the size of its cohort', () => {
  expect([each(10, 4), each(0, 4), each(null, 4), each(10, 0), each(10, null)]).toEqual([2.5, 0, null, null, null]);
});

test('ages are named by their days, or counted', () => {
  expect([ageName(0, '30d'), ageName(2, '30d'), ageName(3, '1d'), ageName(3, 'day'), ageName(2, 'month')]).toEqual(['0–29', '60–89', '3', '3', '2']);
  expect([ageUnit('30d'), ageUnit('day'), ageUnit('quarter')]).toEqual(['day', 'day', 'quarter']);
});
