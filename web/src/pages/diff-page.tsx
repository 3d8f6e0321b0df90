import type { Meta } from '../api/answer';
import { apiPath } from '../api/url';
import { Link } from '../components/link';
import { ProblemNotice } from '../components/notice';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { useAnswer } from '../state/use-answer';
import { usePatient } from '../state/use-patient';
import { ReleaseBadges } from './release-badges';
import { ReleaseChooser } from './release-chooser';
import { differs, inBoth, pairPage, rowsOf, type DatasetDiff, type Diff, type Pair } from './release-diff';
import { ReleaseFigures } from './release-figures';
import type { ReleaseRecord } from './release-record';
import { Scroll } from './scroll';
import { useWords } from './use-words';

/** The path of the API that compares two releases. */
export function diffPath({ from, to }: Pair): string {
  return apiPath(`releases/${from}/diff`, [['to', String(to)]]);
}

/** What differs between two releases: key figures, and rows by dataset. */
export function DiffPage({ pair }: { pair: Pair }) {
  const { client, state } = usePage();
  const words = useWords();
  const from = useAnswer<{ data: ReleaseRecord; meta: Meta }>(client, `releases/${pair.from}`);
  const to = useAnswer<{ data: ReleaseRecord; meta: Meta }>(client, `releases/${pair.to}`);
  const [before, after] = [from.answer?.body.data, to.answer?.body.data];
  const problem = from.problem ?? to.problem;
  const gone = [before, after].filter((record) => record?.pruned).map((record) => String(record?.release));
  return (
    <>
      <p class="crumb"><Link to={{ ...state, page: 'releases' }}>← {words.toReleases}</Link></p>
      <h1>{words.differences(String(pair.from), String(pair.to))}</h1>
      <ReleaseChooser pair={pair} />
      {problem && <ProblemNotice problem={problem} retry={() => { from.retry(); to.retry(); }} />}
      {before && after && (
        <>
          <Compared records={pair.from === pair.to ? [before] : [before, after]} />
          <div class="sections">
            <ReleaseFigures before={before} after={after} asked={to} path={`releases/${pair.to}`} />
            {gone.length > 0 ? <p class="notice" data-state="gone">{words.rowsGone([...new Set(gone)])}</p> : <Datasets pair={pair} />}
          </div>
        </>
      )}
    </>
  );
}

/** The releases that are compared, and what is to be known of them. */
function Compared({ records }: { records: ReleaseRecord[] }) {
  const { state, t, format } = usePage();
  return (
    <dl class="figures">
      {records.map((record) => (
        <div key={record.release} data-key={record.release}>
          <dt><Link to={{ ...state, page: `releases/${record.release}` }}>{t.release(String(record.release))}</Link> <ReleaseBadges item={record} /></dt>
          <dd>{format.instant(record.published_at)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The datasets of both releases: those that differ, and how many do not. */
function Datasets({ pair }: { pair: Pair }) {
  const { client, format } = usePage();
  const words = useWords();
  const path = diffPath(pair);
  const { asked, note } = usePatient(useAnswer<{ data: Diff; meta: Meta }>(client, path));
  const all = asked.answer?.body.data.datasets ?? [];
  const different = all.filter(differs);
  const same = all.filter((d) => !differs(d));
  return (
    <Widget id="diff" kind="rows" title={words.rowsByDataset} asked={asked} path={path} unpinned files={null} aside={<span class="aside muted" role="status">{note}</span>}>
      {() => (
        <>
          {different.length === 0 ? <p class="notice" data-metric="nothing">{words.nothingDiffers}</p> : <DatasetsTable pair={pair} datasets={different} />}
          {different.length > 0 && same.length > 0 && (
            <details data-metric="same" data-value={same.length}>
              <summary>{words.sameDatasets(same.length, format.integer(same.length))}</summary>
              <p>{format.list(same.map((d) => d.dataset))}</p>
            </details>
          )}
        </>
      )}
    </Widget>
  );
}

function DatasetsTable({ pair, datasets }: { pair: Pair; datasets: DatasetDiff[] }) {
  const { state, t } = usePage();
  const words = useWords();
  const fields = datasets.some((d) => fieldChanges(d, words).length > 0);
  return (
    <Scroll name={words.rowsByDataset}>
      <table class="data wrap">
        <caption class="unseen">{words.rowsByDataset}</caption>
        <thead>
          <tr>
            <th scope="col">{words.dataset}</th>
            <th scope="col" class="number">{words.rowsAdded}</th>
            <th scope="col" class="number">{words.rowsRemoved}</th>
            <th scope="col" class="number">{words.rowsChanged}</th>
            <th scope="col" class="number">{t.release(String(pair.from))}</th>
            <th scope="col" class="number">{t.release(String(pair.to))}</th>
            {fields && <th scope="col">{words.fields}</th>}
          </tr>
        </thead>
        <tbody>
          {datasets.map((d) => (
            <tr key={d.dataset} data-key={d.dataset}>
              <th scope="row">{inBoth(d) && rowsOf(d) > 0 ? <Link to={{ ...state, page: pairPage(pair, d.dataset) }}>{d.dataset}</Link> : d.dataset}</th>
              <Count metric="added" count={d.added} quiet />
              <Count metric="removed" count={d.removed} quiet />
              {/* Without a common key no row is known to have changed. */}
              <Count metric="changed" count={inBoth(d) && d.key.length === 0 ? undefined : d.changed} quiet />
              <Count metric="rows_from" count={d.rows_from} />
              <Count metric="rows_to" count={d.rows_to} />
              {fields && <td class="text">{fieldChanges(d, words).join(' · ')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A number of rows; `quiet`: zero says nothing. */
function Count({ metric, count, quiet = false }: { metric: string; count: number | undefined; quiet?: boolean }) {
  const { format } = usePage();
  return <td class={quiet && count === 0 ? 'number muted' : 'number'} data-metric={metric} data-value={count ?? ''}>{count === undefined ? '—' : format.integer(count)}</td>;
}

/** What became of a dataset besides its rows. */
function fieldChanges(d: DatasetDiff, words: ReturnType<typeof useWords>): string[] {
  if (!inBoth(d)) return [d.rows_from === undefined ? words.datasetAdded : words.datasetRemoved];
  const changes: [names: string[] | undefined, write: (names: string) => string][] = [[d.fields_added, words.fieldsAdded], [d.fields_removed, words.fieldsRemoved], [d.fields_retyped, words.fieldsRetyped]];
  return changes.flatMap(([names = [], write]) => (names.length === 0 ? [] : [write(names.join(', '))]));
}
