import type { Dashboard } from '../api/dashboard';
import type { PageState } from './page-state';
import { datasetOf, takes } from './reach';

/**
 * The state with which another page opens: it keeps the filters that the page can take. A list of rows is filtered by
 * fields that would leave the dashboard without a figure.
 */
export function carried(dashboard: Dashboard, state: PageState, page: string): PageState {
  const [section] = page.split('/');
  const table = dashboard.layout.tables.find(({ id }) => id === section);
  const dataset = table && datasetOf(dashboard, table.dataset);
  const offered = new Set(dashboard.layout.filters.map((filter) => ('field' in filter ? filter.field : '')));
  const conditions = state.conditions.filter((condition) => (dataset ? takes(dataset, condition) : section !== '' || offered.has(condition.field)));
  return { ...state, page, conditions, unread: [] };
}
