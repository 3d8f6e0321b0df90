import { describe, expect, it } from 'vitest';
import type { Dashboard, Dataset, Field } from '../api/dashboard';
import { linkProblems, readable, replaced } from './link';
import { formatState, parseState } from './page-state';

const field = (name: string, filters: string[], label?: string): Field => ({ name, type: 'text', nullable: false, filters, sortable: true, ...(label !== undefined && { label: { en: label } }) });
const sales: Dataset = { name: 'sales', url: '/sales', rows: 1, key: ['id'], fields: [field('date', ['gte', 'lte']), field('pays', ['eq', 'in'], 'Country'), field('amount', ['gte', 'lte'])], default_sort: [], default_limit: 1, max_limit: 1 };
const dashboard = {
  as_of_field: 'date', facts: 'sales', datasets: [sales],
  layout: { filters: [], rows: [{ height: 1, widgets: [{ id: 'revenue', type: 'trend' }] }], tables: [{ id: 'clients' }] },
} as unknown as Dashboard;

/** What a link asks for in vain, why, and what it becomes with one click. */
function said(search: string, of: Dashboard = dashboard): unknown[] {
  const state = readable(of, parseState('', search));
  return linkProblems(of, state).map((problem) => [problem.parameter.join('='), problem.kind, formatState(replaced(parseState('', search), problem.parameter, problem.instead))]);
}

describe('what a link asks for in vain', () => {
  it.each([
    ['?country=France', 'country=France', 'name', '?pays=France'],
    ['?pay__in=France,Spain&period=12m', 'pay__in=France,Spain', 'name', '?period=12m&pays__in=France,Spain'],
    ['?perod=12m', 'perod=12m', 'name', '?period=12m'],
    ['?utm_source=mail', 'utm_source=mail', 'name', ''],
    ['?period=2011-13-01..x', 'period=2011-13-01..x', 'value', ''],
    ['?period=2011-06', 'period=2011-06', 'value', '?period=2011-06-01..2011-06-30'],
    ['?compare=yaer', 'compare=yaer', 'value', '?compare=year'],
    ['?pays__gte=A', 'pays__gte=A', 'operator', ''],
    ['?amount=5', 'amount=5', 'operator', ''],
    ['?revenu.grain=week', 'revenu.grain=week', 'name', '?revenue.grain=week'],
    ['?revenue.grain=weak', 'revenue.grain=weak', 'value', '?revenue.grain=week'],
    ['?clients.sort=-amount&nothing', 'nothing=', 'name', '?clients.sort=-amount'],
  ])('%s', (search, parameter, kind, instead) => {
    expect(said(search)).toEqual([[parameter, kind, instead]]);
  });

  it('is nothing of what the page understands', () => {
    expect(said('?period=90d&compare=off&pays=France&amount__gte=5&revenue.view=table&clients.page=2.x&fields.open=*&release=3&lang=fr&_=1')).toEqual([]);
  });

  it('is a period where nothing has a time', () => {
    const timeless = { ...dashboard, as_of_field: undefined } as unknown as Dashboard;
    expect(said('?period=12m', timeless)).toEqual([['period=12m', 'time', '']]);
    expect(readable(timeless, parseState('', '?period=12m')).period).toEqual({ type: 'all' });
  });
});
