import '../styles/pages.css';
import { usePage } from '../state/context';
import { BenchmarkPage } from './benchmark-page';
import { DatasetPage } from './dataset-page';
import { DatasetsPage } from './datasets-page';
import { DiffPage } from './diff-page';
import { DiffRowsPage } from './diff-rows-page';
import { ListPage } from './list-page';
import { NotFound } from './not-found';
import { decode } from './page-title';
import { parsePair } from './release-diff';
import { ReleasePage } from './release-page';
import { ReleasesPage } from './releases-page';
import { RowPage } from './row-page';

/** The pages beside the dashboard. */
export function Pages() {
  const { state, dashboard } = usePage();
  const [section = '', item, ...more] = state.page.split('/');
  const pair = section === 'releases' && more.length < 2 ? parsePair(item ?? '') : undefined;
  if (pair) return more[0] === undefined ? <DiffPage key={item} pair={pair} /> : <DiffRowsPage key={state.page} pair={pair} name={decode(more[0])} />;
  if (more.length > 0) return <NotFound />;
  const table = dashboard.layout.tables.find(({ id }) => id === section);
  if (table) return item === undefined ? <ListPage table={table} /> : <RowPage key={item} table={table} segment={item} />;
  switch (section) {
    case 'datasets':
      return item === undefined ? <DatasetsPage /> : <DatasetPage key={item} name={item} />;
    case 'releases':
      return item === undefined ? <ReleasesPage /> : /^[1-9]\d{0,15}$/.test(item) ? <ReleasePage key={item} number={Number(item)} /> : <NotFound />;
    case 'benchmark':
      return item === undefined && dashboard.benchmark ? <BenchmarkPage /> : <NotFound />;
    default:
      return <NotFound />;
  }
}
