import { useMemo } from 'preact/hooks';
import type { Doc, TriangleWidget } from '../api/dashboard';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { fieldsOf, metricOf } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';
import { adds, ageName, ageUnit, each, triangleOf, type AgeCell, type Cohort } from './cohort-ages';

/** As much of the accent is in the cell of the largest figure: text on it stays readable. */
const deepest = 40;

/** What one of each cohort is worth at every age: in rows the months of a date, in columns the time since it. */
export function Triangle({ widget }: { widget: TriangleWidget }) {
  const page = usePage();
  const { dashboard, state, t, format, label, go } = page;
  const title = useTitle(widget);
  const cohort = `cohort:${widget.since}.month`;
  const question = useDataset(widget.dataset, { aggregate: true, allTime: true, params: [['group_by', `${cohort},age:${widget.field}.age(${widget.since},${widget.period})`], ['measures', widget.metric], ['limit', '10000']] });
  const sizes = useDataset(widget.dataset, { aggregate: true, allTime: true, params: [['group_by', cohort], ['measures', widget.per], ['limit', '10000']] });
  const { dataset } = question;
  const since: Doc & { name: string } = (dataset && fieldsOf(dataset).get(widget.since)) ?? { name: widget.since };
  const found = metricOf(dashboard, widget.metric);
  const metric: Doc & { name: string } = found ?? { name: widget.metric };
  const per: Doc & { name: string } = metricOf(dashboard, widget.per) ?? { name: widget.per };
  const additive = adds(found?.formula);
  const answer = question.asked.answer?.body;
  const sized = sizes.asked.answer?.body;
  const cohorts = useMemo(() => triangleOf(answer?.data ?? [], sized?.data ?? [], widget.metric, widget.per, answer?.meta.partial ?? [], additive), [answer, sized, widget, additive]);
  const cumulative = additive && state.options[`${widget.id}.sum`] === '1';
  const figure = ({ size }: Cohort, cell: AgeCell): number | null => each(cumulative ? cell.sum : cell.value, size);
  const most = Math.max(0, ...cohorts.flatMap((c) => c.cells.map((cell) => figure(c, cell) ?? 0)));
  const ages = Array.from({ length: Math.max(0, ...cohorts.map((c) => c.cells.length)) }, (_, age) => age);
  const one = t.perOne(label(metric), label(per));
  const columns = t.since(t.ages[ageUnit(widget.period)], label(since));
  const asked = { ...question.asked, answer: sized && question.asked.answer, problem: question.asked.problem ?? sizes.asked.problem, loading: question.asked.loading || sizes.asked.loading, retry: () => { question.asked.retry(); sizes.asked.retry(); } };
  // The first cohort of the data may be of those who came before them, too.
  const start = widget.dataset === dashboard.facts && widget.field === dashboard.as_of_field ? dashboard.covers?.from.slice(0, 7) : undefined;
  const name = (c: Cohort): string => format.value(c.cohort, { format: 'month' });
  return (
    <Widget
      id={widget.id}
      kind="triangle"
      title={title}
      asked={asked}
      path={question.path}
      unreached={question.unreached}
      snapshot={state.period.type !== 'all'}
      empty={cohorts.length === 0}
      partial={cohorts.some((c) => c.cells.some((cell) => cell.partial))}
      table={{
        columns: [
          { name: 'cohort', label: t.cohortOf(label(since)), doc: { format: 'month' } },
          { name: widget.per, label: label(per), doc: per },
          { name: 'age', label: columns, doc: {}, cell: (row) => ageName(Number(row['age']), widget.period) },
          { name: widget.metric, label: label(metric), doc: metric },
          { name: 'each', label: one, doc: metric },
          ...(additive ? [{ name: 'sum', label: `${one}, ${t.cumulative.toLowerCase()}`, doc: metric }] : []),
          { name: 'partial', label: t.unfinished, doc: {} },
        ],
        rows: cohorts.flatMap((c) => c.cells.map((cell) => ({ cohort: c.cohort, [widget.per]: c.size, age: cell.age, [widget.metric]: cell.value, each: each(cell.value, c.size), sum: each(cell.sum, c.size), partial: cell.partial }))),
        keys: ['cohort', 'age'],
      }}
      aside={
        <span class="aside">
          <span class="muted">{`${one} · ${columns}`}</span>
          {cohorts.some((c) => c.cells.some((cell) => cell.partial)) && <span title={t.unfinishedAge}><span class="legend-hatch" />{t.unfinished}</span>}
          {additive && <button type="button" class="toggle" aria-pressed={cumulative} onClick={() => { go((s) => withOption(s, widget.id, 'sum', cumulative ? '' : '1'), { replace: true }); }}>{t.cumulative}</button>}
        </span>
      }
    >
      {() => (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        <div class="table-scroll" tabIndex={0} role="group" aria-label={title}>
          <table class="data ages">
            <caption class="unseen">{`${one}, ${columns}`}</caption>
            <thead>
              <tr>
                <th scope="col">{label(since)}</th>
                <th scope="col" class="number">{label(per)}</th>
                {ages.map((age) => <th key={age} scope="col" class="number" title={columns}>{ageName(age, widget.period)}</th>)}
              </tr>
            </thead>
            <tbody>
              {cohorts.map((c) => (
                <tr key={c.cohort} data-cohort={c.cohort} data-before={c.cohort === start ? '' : undefined}>
                  <th scope="row" title={c.cohort === start ? t.fromBefore : undefined}>{c.cohort === start ? `≤ ${name(c)}` : name(c)}</th>
                  <td class="number" data-metric={widget.per} data-value={c.size ?? ''}>{format.short(c.size, per)}</td>
                  {ages.map((age) => {
                    const cell = c.cells[age];
                    if (!cell) return <td key={age} />;
                    const value = figure(c, cell);
                    return (
                      <td
                        key={age}
                        class={cell.partial ? 'number age-partial' : 'number'}
                        data-key={`${c.cohort},${age}`}
                        data-partial={cell.partial ? '' : undefined}
                        title={`${name(c)}, ${columns} ${ageName(age, widget.period)} — ${t.named(one, format.exact(value, metric))}${cell.partial ? ` (${t.unfinished})` : ''}`}
                        style={{ backgroundColor: `color-mix(in srgb, var(--accent) ${most > 0 ? (Math.max(0, value ?? 0) / most) * deepest : 0}%, var(--card))` }}
                      >
                        <span data-metric="each" data-value={value ?? ''}>{format.brief(value, metric, most)}</span>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Widget>
  );
}
