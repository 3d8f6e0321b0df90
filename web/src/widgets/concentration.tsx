import type { Meta } from '../api/answer';
import type { ConcentrationWidget, Doc } from '../api/dashboard';
import { apiPath } from '../api/url';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { ask, datasetOf, fieldsOf, metricOf } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';

interface Concentrated {
  data: { groups: number; total: number; parts: { share: number; groups: number; value: number; part: number }[] };
  meta: Meta;
}

/** How much of a metric the largest groups make: 10 % of clients make … of revenue. */
export function Concentration({ widget }: { widget: ConcentrationWidget }) {
  const page = usePage();
  const { client, dashboard, state, t, format, label, release } = page;
  const dataset = datasetOf(dashboard, widget.dataset);
  const question = dataset && ask(dashboard, dataset, state, release.asOf);
  const unreached = question?.unreached ?? [];
  const path = question && unreached.length === 0 ? apiPath(`datasets/${widget.dataset}/concentration/${widget.group}`, [['measure', widget.metric], ...question.params]) : undefined;
  const asked = useAnswer<Concentrated>(client, path === undefined ? undefined : pinned(path, release.number));
  const metric: Doc & { name: string } = metricOf(dashboard, widget.metric) ?? { name: widget.metric };
  const group: Doc & { name: string } = (dataset && fieldsOf(dataset).get(widget.group)) ?? { name: widget.group };
  const data = asked.answer?.body.data;
  return (
    <Widget
      id={widget.id}
      kind="concentration"
      title={page.pick(widget.title)}
      asked={asked}
      path={path}
      files={null}
      unreached={unreached}
      empty={data?.groups === 0}
      table={data && {
        columns: [
          { name: 'share', label: label(group), doc: { format: 'percent' } },
          { name: 'groups', label: t.figure, doc: { format: 'integer' } },
          { name: 'value', label: label(metric), doc: metric },
          { name: 'part', label: t.share_, doc: { format: 'percent' } },
        ],
        rows: data.parts,
        keys: ['share'],
      }}
    >
      {() => (
        <ul class="concentration-parts">
          {data?.parts.map(({ share, groups, value, part }) => (
            <li key={share} data-key={share} title={`${format.integer(groups)} · ${format.exact(value, metric)}`}>
              <span class="concentration-bar" aria-hidden="true"><span style={{ width: `${part * 100}%` }} /></span>
              <span data-metric="part" data-value={part}>{t.make(format.share(share, 0), label(group), format.share(part), label(metric))}</span>
            </li>
          ))}
        </ul>
      )}
    </Widget>
  );
}
