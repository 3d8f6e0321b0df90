import { describe, expect, it } from 'vitest';
import type { Dashboard, Dataset, Field, TablePage } from '../api/dashboard';
import { carried } from './carry';
import { atPlace, columnsOf, placeOf, sortBy, sortOf, sortParams, toggleColumn } from './list-state';
import { formatState, parseState, withOption } from './page-state';

const field = (name: string, type: Field['type'], more: Partial<Field> = {}): Field => ({ name, type, nullable: false, filters: ['eq', 'in'], sortable: true, ...more });
const people: Dataset = {
  name: 'people',
  url: '/people',
  rows: 3,
  key: ['id'],
  fields: [field('id', 'int'), field('town', 'text'), field('spent', 'double', { filters: ['gte', 'lte'] }), field('note', 'text', { sortable: false })],
  borrowed: [{ ...field('team', 'text', { sortable: false }), dataset: 'teams', on: 'id' }],
  default_sort: ['id'],
  default_limit: 100,
  max_limit: 1000,
};
const table: TablePage = { id: 'people', title: { en: 'People' }, dataset: 'people', fields: ['id', 'spent'], sort: ['-spent'] };
const names = (fields: Field[]): string[] => fields.map((f) => f.name);

describe('the columns of a list', () => {
  it('are those of the layout until others are chosen', () => {
    expect(names(columnsOf(parseState('people', ''), table, people))).toEqual(['id', 'spent']);
    expect(names(columnsOf(parseState('people', '?people.columns=town,team'), table, people))).toEqual(['id', 'town', 'team']);
  });
  it('leave out what the dataset does not have', () => {
    expect(names(columnsOf(parseState('people', '?people.columns=nothing,town'), table, people))).toEqual(['id', 'town']);
    expect(names(columnsOf(parseState('people', '?people.columns=nothing'), table, people))).toEqual(['id', 'spent']);
  });
  it('begin at the first page again, and vanish from the URL when they are the usual ones', () => {
    const state = atPlace(parseState('people', ''), 'people', { number: 3, cursor: 'abc' });
    const more = toggleColumn(state, table, people, 'town');
    expect(formatState(more)).toBe('?people.columns=id,spent,town');
    expect(formatState(toggleColumn(more, table, people, 'town'))).toBe('');
  });
});

describe('the order of a list', () => {
  it('is that of the layout, and ignores fields that can not be sorted by', () => {
    expect(sortOf(parseState('people', ''), table, people)).toBe('-spent');
    expect(sortOf(parseState('people', '?people.sort=note'), table, people)).toBe('-spent');
  });
  it('is that of the source where rows have no key, and is then not asked for', () => {
    const lines: Dataset = { ...people, key: [], default_sort: [] };
    const list: TablePage = { id: 'people', title: { en: 'People' }, dataset: 'people', fields: ['town'] };
    expect(sortParams(sortOf(parseState('people', ''), list, lines))).toEqual([]);
    expect(sortParams(sortOf(parseState('people', '?people.sort=-town'), list, lines))).toEqual([['sort', '-town']]);
  });
  it('takes figures from the largest on and texts from the first, and turns round', () => {
    let state = sortBy(parseState('people', ''), table, people, field('town', 'text'));
    expect(sortOf(state, table, people)).toBe('town');
    state = sortBy(state, table, people, field('town', 'text'));
    expect(sortOf(state, table, people)).toBe('-town');
    state = sortBy(state, table, people, field('spent', 'double'));
    expect(sortOf(state, table, people)).toBe('-spent');
    expect(sortOf(sortBy(state, table, people, field('spent', 'double')), table, people)).toBe('spent');
  });
});

describe('the place in a list', () => {
  it('is a page and the cursor that leads there', () => {
    const state = atPlace(parseState('people', ''), 'people', { number: 12, cursor: 'AQ_-.z' });
    expect(formatState(state)).toBe('?people.page=12.AQ_-.z');
    expect(placeOf(state, 'people')).toEqual({ number: 12, cursor: 'AQ_-.z' });
  });
  it('is the first page where the URL makes no sense', () => {
    for (const text of ['', '1.abc', '0.abc', 'abc', '3', '3.']) {
      expect(placeOf(withOption(parseState('people', ''), 'people', 'page', text), 'people')).toEqual({ number: 1, cursor: undefined });
    }
  });
});

describe('what another page opens with', () => {
  const dashboard = { datasets: [people], layout: { filters: [{ type: 'period' }, { type: 'choice', field: 'team', label: {} }], rows: [], tables: [table] } } as unknown as Dashboard;
  const state = parseState('people', '?team=A&spent__gte=10&period=12m&shop=B');
  it('is what the dashboard offers, and what a list can take', () => {
    expect(formatState(carried(dashboard, state, ''))).toBe('?period=12m&team=A');
    expect(formatState(carried(dashboard, state, 'people'))).toBe('?period=12m&team=A&spent__gte=10');
    expect(formatState(carried(dashboard, state, 'datasets'))).toBe('?period=12m&team=A&spent__gte=10&shop=B');
  });
});
