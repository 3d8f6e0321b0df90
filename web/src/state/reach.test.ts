import { describe, expect, it } from 'vitest';
import type { Dashboard, Dataset, Field } from '../api/dashboard';
import { parseState } from './page-state';
import { ask, lastWholeMonth, periodParams, timeOf } from './reach';

const field = (name: string, filters: string[]): Field => ({ name, type: 'text', nullable: false, filters, sortable: true });
const dataset = (name: string, fields: Field[], more: Partial<Dataset> = {}): Dataset => ({ name, url: `/${name}`, rows: 1, key: ['id'], fields, default_sort: [], default_limit: 100, max_limit: 1000, ...more });

const sales = dataset('sales', [field('sold_at', ['gte', 'lte']), field('country', ['eq', 'in'])]);
const clients = dataset('clients', [field('score', ['gte', 'lte'])], { borrowed: [{ ...field('country', ['eq']), dataset: 'people' }] });
const byCountry = dataset('by_country', [field('country', ['eq'])], { origin: { dataset: 'sales', fields: sales.fields.map((f) => ({ ...f, dataset: 'sales' })) } });
const dashboard: Dashboard = {
  model: { name: 'shop', title: {} },
  models: [],
  quality: { checks: 0, passed: 0, warnings: 0 },
  benchmark: false,
  facts: 'sales',
  as_of_field: 'sold_at',
  kpis: [],
  metrics: [],
  datasets: [sales, clients, byCountry],
  layout: { filters: [], rows: [], tables: [] },
};
const asOf = '2011-12-09T12:50:00Z';

describe('the time of a page', () => {
  it.each([
    [['gte', 'lte'], 'sold_at'],
    [['gte', 'gt', 'lt'], undefined],
    [[], undefined],
  ])('of a field with the filters %j is %s', (filters, time) => {
    const shown = { ...dashboard, datasets: [dataset('sales', [field('sold_at', filters)])] };
    expect(timeOf(shown)).toBe(time);
    if (time === undefined) expect(ask(shown, shown.datasets[0] ?? sales, parseState('', '?period=90d'), asOf)).toMatchObject({ params: [], unreached: [], snapshot: true });
  });

  it.each([
    ['2011-01-15T08:00:00Z', '2011-11-01'],
    ['2011-11-30T08:00:00Z', '2011-11-01'],
    ['2011-12-01T00:00:00Z', undefined],
  ])('that begins at %s has a last whole month from %s', (from, month) => {
    expect(lastWholeMonth({ ...dashboard, covers: { from, to: asOf } }, asOf)?.from).toBe(month);
  });
});

describe('a question under the filters of the page', () => {
  const state = parseState('', '?period=90d&country=France');

  it("takes the dataset's own fields, those looked up and those of its origin", () => {
    const params = [['sold_at__gte', '2011-09-11'], ['sold_at__lte', '2011-12-09'], ['country', 'France']];
    expect(ask(dashboard, sales, state, asOf)).toMatchObject({ params, unreached: [], snapshot: false });
    expect(ask(dashboard, byCountry, state, asOf)).toMatchObject({ params, unreached: [], snapshot: false });
  });

  it('leaves the period out where there is no time, and says so', () => {
    expect(ask(dashboard, clients, state, asOf)).toMatchObject({ params: [['country', 'France']], unreached: [], snapshot: true, span: undefined });
  });

  it('names each filter that does not reach, by its field or its operator', () => {
    expect(ask(dashboard, sales, parseState('', '?score__gte=0.5'), asOf).unreached).toEqual(['score']);
    expect(ask(dashboard, clients, parseState('', '?country__in=France,Spain'), asOf).unreached).toEqual(['country']);
  });

  it('leaves out the filter of the field that it groups by', () => {
    expect(ask(dashboard, sales, state, asOf, { without: 'country' }).params).toHaveLength(2);
  });

  it('does not reach an aggregate by the fields of its origin, the period among them', () => {
    expect(ask(dashboard, byCountry, state, asOf, { rows: true })).toMatchObject({ params: expect.arrayContaining([['country', 'France']]) as unknown, unreached: ['sold_at'] });
  });

  it('asks for months as months, which the API compares as such', () => {
    expect(periodParams('sold_at', { from: '2011-01-01', to: '2011-12-09' }, asOf)).toEqual([['sold_at__gte', '2011-01'], ['sold_at__lte', '2011-12']]);
    expect(periodParams('sold_at', { from: '2011-01-01', to: '2011-12-08' }, asOf)).toEqual([['sold_at__gte', '2011-01-01'], ['sold_at__lte', '2011-12-08']]);
  });
});
