import type { Row, Rows } from '../api/answer';
import type { ConcentrationWidget, Doc } from '../api/dashboard';
import { apiPath } from '../api/url';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { ask, datasetOf, fieldsOf, metricOf } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';
import { useTitle } from './title';

/** The part that is told as a sentence. */
const said = 0.1;

/** How much of a metric the largest groups make: 10 % of clients make … of revenue. */
export function Concentration({ widget }: { widget: ConcentrationWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { client, dashboard, state, t, format, label, release } = page;
  const dataset = datasetOf(dashboard, widget.dataset);
  const question = dataset && ask(dashboard, dataset, state, release.asOf);
  const unreached = question?.unreached ?? [];
  const path = question && unreached.length === 0 ? apiPath(`datasets/${widget.dataset}/concentration/${widget.group}`, [['measures', widget.metric], ...question.params]) : undefined;
  const asked = useAnswer<Rows>(client, path === undefined ? undefined : pinned(path, release.number));
  const metric: Doc & { name: string } = metricOf(dashboard, widget.metric) ?? { name: widget.metric };
  const group: Doc & { name: string } = (dataset && fieldsOf(dataset).get(widget.group)) ?? { name: widget.group };
  // The page that lists what the key is of has its name in the plural.
  const list = dashboard.layout.tables.find((table) => datasetOf(dashboard, table.dataset)?.key.join() === widget.group);
  const many = inSentence(list ? page.pick(list.title) : label(group));
  const rows = asked.answer?.body.data ?? [];
  const all = Number(rows.at(-1)?.['groups'] ?? 0);
  const told = toldShares(rows);
  const shown = told.filter((row) => Number(row['share']) < 1);
  const main = shown.find((row) => row['share'] === said) ?? shown[0];
  return (
    <Widget
      id={widget.id}
      kind="concentration"
      title={title}
      asked={asked}
      path={path}
      unreached={unreached}
      empty={rows.every((row) => row['part'] === null)}
      table={{
        columns: [
          { name: 'share', label: t.shareOf(many), doc: { format: 'percent' } },
          { name: 'groups', label: many, doc: { format: 'integer' } },
          { name: widget.metric, label: label(metric), doc: metric },
          { name: 'part', label: t.shareOf(label(metric)), doc: { format: 'percent' } },
        ],
        rows: told,
        keys: ['share'],
      }}
    >
      {() => (
        <ul class="concentration-parts">
          {shown.map((row) => {
            const part = Number(row['part'] ?? 0);
            const share = format.share(Number(row['groups']) / all, 0);
            return (
              <li key={String(row['share'])} class={row === main ? 'main' : undefined} data-key={String(row['share'])} title={`${format.value(row['groups'], { format: 'integer' })} ${many} · ${t.named(label(metric), format.value(row[widget.metric], metric))}`}>
                <span class="concentration-bar" aria-hidden="true"><span style={{ width: `${part * 100}%` }} /></span>
                <span data-metric="part" data-value={part}>{row === main ? t.make(share, many, format.share(part), inSentence(label(metric))) : t.named(share, format.share(part))}</span>
              </li>
            );
          })}
        </ul>
      )}
    </Widget>
  );
}

/** The shares that are of a group at least: a hundredth of ten clients is nobody, though the API rounds it up to one. */
export function toldShares(rows: Row[]): Row[] {
  const all = Number(rows.at(-1)?.['groups'] ?? 0);
  return rows.filter((row) => Number(row['share']) * all >= 1 - 1e-9);
}

/** A label within a sentence: small, but for abbreviations. */
function inSentence(label: string): string {
  return /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}
