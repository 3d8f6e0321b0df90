import type { Meta } from '../api/answer';
import type { Dashboard, Metric } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { isDated, metricOf } from '../state/reach';
import { useAnswer } from '../state/use-answer';
import { ChangeFigure } from '../components/change-figure';
import { ReleaseBadges } from './release-badges';
import { ReleaseChooser } from './release-chooser';
import { pairPage } from './release-diff';
import { docIn, figureChange, type ReleaseItem } from './release-record';
import { Scroll } from './scroll';
import { ShortId } from './short-id';
import { useWords } from './use-words';

const pageSize = 25;

/** Every release, newest first, each with a way to see the dashboard as it was. */
export function ReleasesPage() {
  const { client, dashboard, release, state, t, format, label } = usePage();
  const words = useWords();
  const before = state.options['releases.before'] ?? '';
  const paged: Params = /^[1-9]\d*$/.test(before) ? [['before', before]] : [];
  const path = apiPath('releases', [['limit', String(pageSize)], ...paged]);
  const asked = useAnswer<{ data: ReleaseItem[]; meta: Meta }>(client, path);
  const items = asked.answer?.body.data ?? [];
  const oldest = items.at(-1);
  const figures = shownFigures(dashboard);
  const dated = items.some((item) => isDated(dashboard, item.as_of, item.published_at));
  const built = items.some((item) => item.build !== undefined);
  return (
    <>
      <h1>{t.releases}</h1>
      <ReleaseChooser />
      <Widget id="releases" kind="rows" title={t.releases} asked={asked} path={path} unpinned files={null} empty={items.length === 0}>
        {() => (
          <Scroll name={t.releases}>
            <table class="data wrap">
              <caption class="unseen">{t.releases}</caption>
              <thead>
                <tr>
                  <th scope="col">{words.releaseTitle}</th>
                  {dated && <th scope="col">{words.asOf}</th>}
                  <th scope="col">{words.publishedAt}</th>
                  {built && <th scope="col">{words.build}</th>}
                  {figures.map((metric) => <th key={metric.name} scope="col" class="number">{label(metric)}</th>)}
                  <th scope="col">{words.changedDatasets}</th>
                  <th scope="col" class="number">{words.rows}</th>
                  <th scope="col" class="number">{words.checks}</th>
                  <th scope="col" class="number">{words.took}</th>
                  <th scope="col">{words.state}</th>
                  <th scope="col">{t.dashboard}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item, i) => (
                  <tr key={item.release} data-key={item.release} aria-current={item.release === release.number || undefined}>
                    <th scope="row"><Link to={{ ...state, page: `releases/${item.release}` }}>{t.release(String(item.release))}</Link></th>
                    {dated && <td data-metric="as_of" data-value={item.as_of}>{format.value(item.as_of, {})}</td>}
                    <td data-metric="published_at" data-value={item.published_at}>{format.instant(item.published_at)}</td>
                    {built && <td data-metric="build" data-value={item.build ?? ''}>{item.build !== undefined && <ShortId of={item.build} />}</td>}
                    {figures.map((metric) => <td key={metric.name} class="number" data-metric={metric.name} data-value={item.figures[metric.name] ?? ''} data-unit={item.units?.[metric.name]}><FigureOf metric={metric} item={item} before={items[i + 1]} /></td>)}
                    <td class="text" data-metric="changed" data-value={item.changed?.length ?? ''}>{item.changed?.join(', ')}</td>
                    <td class="number" data-metric="rows" data-value={item.rows}>{format.integer(item.rows)}</td>
                    <td class={item.checks.passed < item.checks.checks ? 'number broken' : 'number'} data-metric="passed" data-value={item.checks.passed}>{item.checks.checks === 0 ? '—' : `${format.integer(item.checks.passed)}/${format.integer(item.checks.checks)}`}</td>
                    <td class="number" data-metric="seconds" data-value={item.seconds ?? ''}>{item.seconds === undefined ? '—' : words.seconds(format.exact(item.seconds, { format: 'number' }))}</td>
                    <td><ReleaseBadges item={item} /></td>
                    <td>{item.pruned ? <span class="muted">—</span> : <span class="links"><ShowLink item={item} /><CompareLink item={item} before={items[i + 1]} /></span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Widget>
      {(paged.length > 0 || asked.answer?.body.meta.truncated) && (
        <nav class="paging" aria-label={t.releases}>
          {paged.length > 0 && <Link to={withOption(state, 'releases', 'before', '')}>{words.newest}</Link>}
          {asked.answer?.body.meta.truncated && oldest && <Link to={withOption(state, 'releases', 'before', String(oldest.release))}>{words.older}</Link>}
        </nav>
      )}
    </>
  );
}

/** The key figures that tell releases apart: the first ones of the facts. */
function shownFigures(dashboard: Dashboard): Metric[] {
  return dashboard.kpis.map((name) => metricOf(dashboard, name)).filter((metric) => metric !== undefined).filter((metric) => metric.dataset === dashboard.facts && !metric.unfiltered).slice(0, 2);
}

interface FigureOfProps {
  metric: Metric;
  item: ReleaseItem;
  /** The release before it, where the page lists it. */
  before: ReleaseItem | undefined;
}

function FigureOf({ metric, item, before }: FigureOfProps) {
  const { format } = usePage();
  const change = figureChange(item, before, metric.name);
  return (
    <>
      {format.value(item.figures[metric.name], docIn(item, metric), 'short')} {change !== null && change !== 0 && <ChangeFigure change={change} />}
    </>
  );
}

/** The dashboard as of a release; as of the current one it is the usual page. */
export function ShowLink({ item }: { item: ReleaseItem }) {
  const { state } = usePage();
  const words = useWords();
  return <Link to={{ ...state, page: '', release: item.current ? undefined : item.release }} title={words.showOf(String(item.release))}>{words.show}</Link>;
}

/** What differs between a release and the one before it, where both have their rows. */
export function CompareLink({ item, before }: { item: ReleaseItem; before: ReleaseItem | undefined }) {
  const { state } = usePage();
  const words = useWords();
  if (!before || item.pruned || before.pruned) return null;
  return <Link to={{ ...state, page: pairPage({ from: before.release, to: item.release }) }}>{words.compareTo(String(before.release))}</Link>;
}
