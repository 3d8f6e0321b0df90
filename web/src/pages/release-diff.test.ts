import { expect, test } from 'vitest';
import type { Field } from '../api/dashboard';
import { cellOf, differs, pairPage, parsePair, shownFields, type DatasetDiff, type DiffRow } from './release-diff';

const fields = ['id', 'name', 'price', 'stock'].map((name) => ({ name, type: 'text' }) as Field);
const rows: DiffRow[] = [
  { change: 'changed', key: { id: 1 }, from: { stock: 3 }, to: { stock: null } },
  { change: 'added', key: { id: 2 }, to: { name: 'a', stock: 1 } },
];

test('a path names two releases', () => {
  expect(parsePair('11..12')).toEqual({ from: 11, to: 12 });
  expect(pairPage({ from: 11, to: 12 }, 'orders')).toBe('releases/11..12/orders');
  for (const other of ['11', '11..', '0..1', '11...12', '1..x']) expect(parsePair(other)).toBeUndefined();
});

test('fields that changed stand beside the key, those that no row has are left out', () => {
  expect(shownFields(rows, fields).map(({ name }) => name)).toEqual(['id', 'stock', 'name']);
  expect(shownFields(rows.slice(0, 1), fields).map(({ name }) => name)).toEqual(['id', 'stock']);
});

test('a missing value is a value, and an equal one is none', () => {
  expect(rows.map((row) => cellOf(row, 'stock'))).toEqual([{ before: 3, after: null }, { after: 1 }]);
  expect(cellOf({ change: 'changed', key: { id: 1 }, from: { stock: 3 }, to: { stock: 4 } }, 'name')).toEqual({});
  expect(cellOf({ change: 'removed', key: { id: 3 }, from: {} }, 'id')).toEqual({ before: 3 });
});

test('a dataset differs by its rows, its fields, or by being in one release alone', () => {
  const same: DatasetDiff = { dataset: 'd', key: [], rows_from: 1, rows_to: 1, added: 0, removed: 0, changed: 0 };
  expect(differs(same)).toBe(false);
  expect(differs({ ...same, changed: 1 })).toBe(true);
  expect(differs({ ...same, fields_retyped: ['x'] })).toBe(true);
  const { rows_from, ...added } = same;
  expect([rows_from, differs(added)]).toEqual([1, true]);
});
