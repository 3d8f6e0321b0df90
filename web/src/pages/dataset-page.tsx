import { useState } from 'preact/hooks';
import type { Meta, Rows } from '../api/answer';
import type { Dataset, Field } from '../api/dashboard';
import { apiPath } from '../api/url';
import { CodeName } from '../components/code-name';
import { DataTable } from '../components/data-table';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { pinned, useAnswer } from '../state/use-answer';
import { FieldProfile } from './field-profile';
import { unitName } from './field-table';
import { LineageView } from './lineage-graph';
import { canProfile } from './profile';
import { Quality } from './quality-table';
import type { RuleResult } from './release-record';
import { snippets } from './snippets';
import { Scroll } from './scroll';
import { Source } from './source';
import { useWords } from './use-words';

const samples = 10;

/** One dataset: what its contract says of it, what its rows look like, and how to take it elsewhere. */
export function DatasetPage({ name }: { name: string }) {
  const { client, release, state, t, pick, label, format } = usePage();
  const words = useWords();
  const path = `datasets/${name}`;
  const asked = useAnswer<{ data: Dataset; meta: Meta }>(client, pinned(path, release.number));
  const dataset = asked.answer?.body.data;
  return (
    <>
      <p class="crumb"><Link to={{ ...state, page: 'datasets' }}>← {words.toDatasets}</Link></p>
      <h1>{dataset ? label(dataset) : name}{dataset && <CodeName of={dataset} />}</h1>
      {dataset && (
        <p class="lead">
          {pick(dataset.description)} <span class="muted" data-metric="rows" data-value={dataset.rows}>{t.rowsOf(format.integer(dataset.rows))}{dataset.key.length > 0 && <> · {words.key} <code>{dataset.key.join(', ')}</code></>}</span>
          {dataset.derived_from !== undefined && <> · <span class="muted">{words.derivedFrom('')}<Link to={{ ...state, page: `datasets/${dataset.derived_from}` }}>{dataset.derived_from}</Link></span></>}
        </p>
      )}
      {dataset?.source !== undefined && <p class="lead" data-metric="source">{t.named(words.source, '')}<Source of={dataset} /></p>}
      <div class="sections">
        <Widget id="fields" kind="rows" title={words.fields} asked={asked} path={path} files={null} aside={dataset && <ProfileAll dataset={dataset} />}>
          {() => dataset && <Fields dataset={dataset} />}
        </Widget>
        {dataset && (
          <>
            {(dataset.metrics ?? []).length > 0 && <Metrics metrics={dataset.metrics ?? []} dataset={dataset} asked={asked} path={path} />}
            {dataset.lineage && (
              <Widget id="lineage" kind="rows" title={words.lineage} asked={asked} path={path} files={null}>
                {() => dataset.lineage && <LineageView of={dataset.lineage} dataset={dataset.name} />}
              </Widget>
            )}
            <Use dataset={dataset} />
            <Sample dataset={dataset} />
            <Rules dataset={dataset} />
          </>
        )}
      </div>
    </>
  );
}

/** The fields whose profile is open, in the page's URL. */
function useOpen(fields: Field[]): { open: string[]; set: (names: string[]) => void } {
  const { state, go } = usePage();
  const known = fields.filter(canProfile).map((field) => field.name);
  const text = state.options['fields.open'] ?? '';
  const open = text === '*' ? known : text.split(',').filter((name) => known.includes(name));
  const set = (names: string[]): void => {
    go((s) => withOption(s, 'fields', 'open', names.length > 0 && names.length === known.length ? '*' : names.join(',')), { replace: true });
  };
  return { open, set };
}

function ProfileAll({ dataset }: { dataset: Dataset }) {
  const words = useWords();
  const { open, set } = useOpen(dataset.fields);
  const all = dataset.fields.filter(canProfile).map((field) => field.name);
  if (all.length === 0) return null;
  const isOpen = open.length === all.length;
  return (
    <span class="aside">
      <button type="button" class="toggle" data-action="profile-all" aria-pressed={isOpen} onClick={() => { set(isOpen ? [] : all); }}>{isOpen ? words.profileNone : words.profileAll}</button>
    </span>
  );
}

function Fields({ dataset }: { dataset: Dataset }) {
  const { label, pick } = usePage();
  const words = useWords();
  const { open, set } = useOpen(dataset.fields);
  const described = dataset.fields.some((field) => pick(field.description) !== '');
  const measured = dataset.fields.some((field) => field.unit !== undefined);
  return (
    <Scroll name={words.fields}>
      <table class="data wrap">
        <caption class="unseen">{words.fields}</caption>
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            {described && <th scope="col">{words.description}</th>}
            <th scope="col">{words.type}</th>
            {measured && <th scope="col">{words.unit}</th>}
            <th scope="col">{words.profile}</th>
          </tr>
        </thead>
        <tbody>
          {dataset.fields.map((field) => {
            const isOpen = open.includes(field.name);
            return [
              <tr key={field.name} data-key={field.name}>
                <th scope="row">{label(field)}<CodeName of={field} /></th>
                {described && <td class="text">{pick(field.description)}</td>}
                <td>
                  {field.type}
                  {dataset.key.includes(field.name) && <span class="badge">{words.key}</span>}
                  {field.nullable && <span class="badge">{words.nullable}</span>}
                  {field.pii && <span class="badge warn">{words.personal}</span>}
                  {field.mask !== undefined && <span class="badge">{words.masked(field.mask)}</span>}
                </td>
                {measured && <td>{field.unit !== undefined && unitName(field.unit, words)}</td>}
                <td>
                  {canProfile(field) ? (
                    <button type="button" class="toggle" data-action="profile" aria-expanded={isOpen} aria-label={words.profileOf(label(field))} onClick={() => { set(isOpen ? open.filter((name) => name !== field.name) : [...open, field.name]); }}>
                      {words.profile} <span aria-hidden="true">{isOpen ? '▴' : '▾'}</span>
                    </button>
                  ) : (
                    <span class="muted">{words.noProfile}</span>
                  )}
                </td>
              </tr>,
              isOpen && (
                <tr key={`${field.name} profile`} class="profile-row">
                  <td colSpan={3 + Number(described) + Number(measured)}><FieldProfile dataset={dataset} field={field} /></td>
                </tr>
              ),
            ];
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

interface MetricsProps {
  dataset: Dataset;
  metrics: NonNullable<Dataset['metrics']>;
  asked: Parameters<typeof Widget>[0]['asked'];
  path: string;
}

function Metrics({ metrics, asked, path }: MetricsProps) {
  const { label, pick } = usePage();
  const words = useWords();
  const described = metrics.some((metric) => pick(metric.description) !== '');
  return (
    <Widget id="metrics" kind="rows" title={words.metrics} asked={asked} path={path} files={null}>
      {() => (
        <Scroll name={words.metrics}>
          <table class="data wrap">
            <caption class="unseen">{words.metrics}</caption>
            <thead>
              <tr>
                <th scope="col">{words.name}</th>
                {described && <th scope="col">{words.description}</th>}
                <th scope="col">{words.formula}</th>
              </tr>
            </thead>
            <tbody>
              {metrics.map((metric) => (
                <tr key={metric.name} data-key={metric.name}>
                  <th scope="row">{label(metric)}<CodeName of={metric} /></th>
                  {described && <td class="text">{pick(metric.description)}</td>}
                  <td><code>{metric.measure ?? metric.formula ?? metric.over?.join(' / ')}</code></td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Widget>
  );
}

const formats = ['parquet', 'csv', 'xlsx', 'arrow', 'ndjson'] as const;

/** Code that reads the dataset, and the dataset as a file of each format. */
function Use({ dataset }: { dataset: Dataset }) {
  const { client, release, lang, say } = usePage();
  const words = useWords();
  const [chosen, setChosen] = useState('curl');
  const rows = `datasets/${dataset.name}/rows`;
  const codes = snippets(dataset.name, release.number, client.href(pinned(`${rows}.parquet`, release.number)));
  const shown = codes.find(({ id }) => id === chosen) ?? codes[0];
  if (!shown) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(shown.code).then(() => { say(words.copied); }, () => { say(shown.code); });
  };
  const file = (format: (typeof formats)[number]): string =>
    format === 'parquet' ? `${rows}.parquet` : apiPath(rows, [['format', format], ...(format === 'csv' ? [['dialect', lang === 'fr' ? 'excel-fr' : 'excel'] as [string, string]] : [])]);
  return (
    <section class="widget use" aria-labelledby="use-title">
      <header>
        <h2 id="use-title">{words.use}</h2>
        <span class="segmented" role="group" aria-label={words.use}>
          {codes.map(({ id, name }) => <button type="button" key={id} data-snippet={id} aria-pressed={id === shown.id} onClick={() => { setChosen(id); }}>{name}</button>)}
        </span>
        <span class="aside"><button type="button" class="toggle" data-action="copy" onClick={copy}>{words.copy}</button></span>
      </header>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={shown.name}><code>{shown.code}</code></pre>
      <p class="downloads">
        {words.downloads}:{' '}
        {formats.map((format) => <a key={format} data-action={format} download href={client.href(pinned(file(format), release.number))}>{format === 'xlsx' ? 'Excel' : format === 'parquet' ? 'Parquet' : format === 'arrow' ? 'Arrow' : format.toUpperCase()}</a>)}
        <a data-action="schema" href={client.href(`datasets/${dataset.name}/schema?release=${release.number}`)}>{words.schema}</a>
      </p>
    </section>
  );
}

function Sample({ dataset }: { dataset: Dataset }) {
  const { client, release, label, format } = usePage();
  const words = useWords();
  const path = apiPath(`datasets/${dataset.name}/rows`, [['limit', String(samples)]]);
  const asked = useAnswer<Rows>(client, pinned(path, release.number));
  const rows = asked.answer?.body.data ?? [];
  const title = words.sample(format.integer(rows.length || samples));
  return (
    <Widget id="sample" kind="rows" title={title} asked={asked} path={path} empty={rows.length === 0}>
      {() => <DataTable caption={title} columns={dataset.fields.map((field) => ({ name: field.name, label: label(field), doc: field }))} rows={rows} keys={dataset.key} />}
    </Widget>
  );
}

function Rules({ dataset }: { dataset: Dataset }) {
  const { client, release } = usePage();
  const words = useWords();
  const path = `datasets/${dataset.name}/quality`;
  const asked = useAnswer<{ data: RuleResult[]; meta: Meta }>(client, pinned(path, release.number));
  const results = asked.answer?.body.data ?? [];
  return (
    <Widget id="quality" kind="rows" title={words.quality} asked={asked} path={path} files={null}>
      {() => (results.length > 0 ? <Quality results={results} /> : <p class="muted">{words.noRules}</p>)}
    </Widget>
  );
}
