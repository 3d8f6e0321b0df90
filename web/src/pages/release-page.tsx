import type { Meta } from '../api/answer';
import { Link } from '../components/link';
import { ProblemNotice } from '../components/notice';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { fieldOf, isDated, metricOf } from '../state/reach';
import { useAnswer, type Asked } from '../state/use-answer';
import { Quality } from './quality-table';
import { ReleaseBadges } from './release-badges';
import { pairPage } from './release-diff';
import { ReleaseFigures } from './release-figures';
import { datasetChanges, type ReleaseItem, type ReleaseRecord } from './release-record';
import { CompareLink, ShowLink } from './releases-page';
import { Scroll } from './scroll';
import { ShortId } from './short-id';
import { Source } from './source';
import { useWords } from './use-words';

interface RecordBody {
  data: ReleaseRecord;
  meta: Meta;
}

/** One release: what changed in it, and what became of the rules. */
export function ReleasePage({ number }: { number: number }) {
  const { client, state, t } = usePage();
  const words = useWords();
  const path = `releases/${number}`;
  const asked = useAnswer<RecordBody>(client, path);
  const record = asked.answer?.body.data;
  const rules = record && record.quality.length > 0 && (
    <Widget id="quality" kind="rows" title={words.quality} asked={asked} path={path} unpinned files={null}>
      {() => <Quality results={record.quality} datasets />}
    </Widget>
  );
  // What is wrong comes before what changed.
  const broken = record !== undefined && record.checks.passed < record.checks.checks;
  return (
    <>
      <p class="crumb">
        <Link to={{ ...state, page: 'releases' }}>← {words.toReleases}</Link>
        {record?.previous && <Link to={{ ...state, page: `releases/${record.previous.release}` }}>{words.earlierRelease(String(record.previous.release))}</Link>}
      </p>
      <h1>{t.release(String(number))} {record && <ReleaseBadges item={record} />}</h1>
      {asked.problem && <ProblemNotice problem={asked.problem} retry={asked.retry} />}
      {record && (
        <>
          <Facts record={record} />
          {record.unreached !== undefined && <p class="lead broken" data-metric="unreached">{words.unreached(record.unreached)}</p>}
          {record.inferred && <p class="lead muted" data-inferred>{t.inferredTitle}</p>}
          {(record.changed_guesses ?? []).length > 0 && (
            <div data-metric="changed_guesses">
              <h2>{words.changedGuesses}</h2>
              <ul class="plain-list">{record.changed_guesses?.map((guess) => <li key={guess}>{guess}</li>)}</ul>
            </div>
          )}
          {!record.pruned && (
            <p class="lead links">
              <ShowLink item={record} />
              <CompareLink item={record} before={record.previous} />
            </p>
          )}
          <div class="sections">
            {broken && rules}
            {record.previous ? <ReleaseFigures before={record.previous} after={record} asked={asked} path={path} /> : <p class="muted">{words.nothingBefore}</p>}
            <Datasets record={record} previous={record.previous} asked={asked} path={path} />
            {!broken && rules}
          </div>
        </>
      )}
    </>
  );
}

function Facts({ record }: { record: ReleaseRecord }) {
  const { dashboard, format } = usePage();
  const words = useWords();
  const { checks } = record;
  return (
    <dl class="figures">
      {isDated(dashboard, record.as_of, record.published_at) && <div><dt>{words.asOf}</dt><dd data-metric="as_of" data-value={record.as_of}>{format.value(record.as_of, {})}</dd></div>}
      <div><dt>{words.publishedAt}</dt><dd data-metric="published_at" data-value={record.published_at}>{format.instant(record.published_at)}</dd></div>
      <div><dt>{words.rows}</dt><dd data-metric="rows" data-value={record.rows}>{format.integer(record.rows)}</dd></div>
      {checks.checks > 0 && <div><dt>{words.checks}</dt><dd class={checks.passed < checks.checks ? 'broken' : undefined} data-metric="passed" data-value={checks.passed}>{format.integer(checks.passed)}/{format.integer(checks.checks)}</dd></div>}
      {record.build !== undefined && <div><dt>{words.build}</dt><dd data-metric="build" data-value={record.build}><ShortId of={record.build} /></dd></div>}
      {record.seconds !== undefined && <div><dt>{words.took}</dt><dd data-metric="seconds" data-value={record.seconds}>{words.seconds(format.exact(record.seconds, { format: 'number' }))}</dd></div>}
    </dl>
  );
}

interface DatasetsProps {
  record: ReleaseRecord;
  previous: ReleaseItem | undefined;
  asked: Asked<RecordBody>;
  path: string;
}

/** The datasets of a release: where they were read from, and what changed since the release before. */
function Datasets({ record, previous, asked, path }: DatasetsProps) {
  const { dashboard, format, label, state, t } = usePage();
  const words = useWords();
  const labelOf = (name: string): string => label(metricOf(dashboard, name) ?? fieldOf(dashboard, name) ?? { name });
  const title = previous ? words.changed(String(previous.release)) : t.datasets;
  const compared = previous && !record.pruned && !previous.pruned ? { from: previous.release, to: record.release } : undefined;
  const sources = new Map(record.datasets.filter(({ source }) => source !== undefined).map((dataset) => [dataset.name, dataset]));
  return (
    <Widget id="changes" kind="rows" title={title} asked={asked} path={path} unpinned files={null}>
      {() => (
        <Scroll name={title}>
          <table class="data wrap">
            <caption class="unseen">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.dataset}</th>
                {previous && <th scope="col" class="number">{t.release(String(previous.release))}</th>}
                <th scope="col" class="number">{previous ? t.release(String(record.release)) : words.rows}</th>
                {previous && <th scope="col" class="number">{t.change}</th>}
                {previous && <th scope="col">{words.content}</th>}
                {sources.size > 0 && <th scope="col">{words.source}</th>}
              </tr>
            </thead>
            <tbody>
              {datasetChanges(record).map(({ name, before, after, fate, units }) => (
                <tr key={name} data-key={name} class={fate === 'same' ? 'muted' : undefined}>
                  <th scope="row"><Link to={{ ...state, page: `datasets/${name}` }}>{name}</Link></th>
                  {previous && <td class="number" data-metric="before" data-value={before ?? ''}>{before === null ? '—' : format.integer(before)}</td>}
                  <td class="number" data-metric="after" data-value={after}>{format.integer(after)}</td>
                  {previous && <td class="number" data-metric="difference" data-value={before === null ? '' : after - before}>{before === null ? '' : format.difference(after - before, { format: 'integer' })}</td>}
                  {previous && <td class="text" data-metric="content" data-value={fate}>{fate === 'different' && compared ? <Link to={{ ...state, page: pairPage(compared, name) }}>{words[fate]}</Link> : words[fate]}{units.map((unit) => `, ${words.unitOf(labelOf(unit.name), unit.from || '—', unit.to || '—')}`)}</td>}
                  {sources.size > 0 && <td class="text" data-metric="source"><Source of={sources.get(name) ?? {}} /></td>}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Widget>
  );
}
