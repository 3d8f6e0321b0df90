import type { Meta } from '../api/answer';
import type { DatasetItem, Texts } from '../api/dashboard';
import { CodeName } from '../components/code-name';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { carried } from '../state/carry';
import { usePage } from '../state/context';
import { pinned, useAnswer } from '../state/use-answer';
import { Scroll } from './scroll';
import { useWords } from './use-words';

/** Every dataset of every model that is served. */
export function DatasetsPage() {
  const { dashboard, t } = usePage();
  const { model, models } = dashboard;
  return (
    <>
      <h1>{t.datasets}</h1>
      <div class="sections">
        <ModelDatasets name={model.name} title={model.title} />
        {models.filter(({ name }) => name !== model.name).map(({ name, title, url }) => <ModelDatasets key={name} name={name} title={title} url={url} />)}
      </div>
    </>
  );
}

interface ModelDatasetsProps {
  name: string;
  title: Texts | undefined;
  /** The page of another model: its datasets are of its own current release. */
  url?: string;
}

function ModelDatasets({ name, title, url }: ModelDatasetsProps) {
  const { client, dashboard, release, state, t, format, pick, label } = usePage();
  const words = useWords();
  const path = url === undefined ? 'datasets' : client.href(`${url}/../datasets`);
  const asked = useAnswer<{ data: DatasetItem[]; meta: Meta }>(client, url === undefined ? pinned(path, release.number) : path);
  const items = asked.answer?.body.data ?? [];
  const described = items.some((item) => pick(item.description) !== '');
  return (
    <Widget id={`datasets-${name}`} kind="rows" title={pick(title) || name} asked={asked} path={path} unpinned={url !== undefined} files={null} empty={items.length === 0}>
      {() => (
        <>
        {asked.answer?.body.meta.release === undefined && <p class="lead muted" data-state="unpublished">{t.noRelease}</p>}
        {items.some(({ inferred }) => inferred) && <p class="lead muted" data-inferred>{t.inferredTitle}</p>}
        <Scroll name={pick(title) || name}>
          <table class="data wrap">
            <caption class="unseen">{pick(title) || name}</caption>
            <thead>
              <tr>
                <th scope="col">{words.dataset}</th>
                {described && <th scope="col">{words.description}</th>}
                <th scope="col" class="number">{words.rows}</th>
                <th scope="col">{words.key}</th>
                <th scope="col">{words.endpoint}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.name} data-key={item.name}>
                  <th scope="row">
                    {url === undefined ? (
                      <Link to={carried(dashboard, state, `datasets/${item.name}`)}>{label(item)}</Link>
                    ) : (
                      <a href={`${url}/datasets/${item.name}`}>{label(item)}</a>
                    )}
                    <CodeName of={item} />
                  </th>
                  {described && <td class="text">{pick(item.description)}</td>}
                  <td class="number" data-metric="rows" data-value={item.rows}>{format.integer(item.rows)}</td>
                  <td>{item.key.length > 0 ? <code>{item.key.join(', ')}</code> : '—'}</td>
                  <td><a href={item.url}><code>{item.url}</code></a></td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        </>
      )}
    </Widget>
  );
}
