import { useState } from 'preact/hooks';
import type { RankingWidget, TopWidget } from '../api/dashboard';
import type { Rows, Value } from '../api/answer';
import { apiPath, type Params } from '../api/url';
import { useDelayed } from '../components/value-picker';
import { ChangeFigure } from '../components/change-figure';
import { Widget } from '../components/widget';
import { choiceKey, choiceOf, chosen, offers, toggle } from '../state/condition';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { datasetOf, fieldsOf, lastWholeMonth, metricOf } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';
import { useDataset } from '../state/use-dataset';
import { isPart } from './parts';
import { useTitle } from './title';

/** As many digits of a figure have room beside the bar. */
const mostDigits = 8;

/** The groups with the most of a metric, as bars with share and change; a click filters the page by one. */
export function Ranking({ widget }: { widget: RankingWidget | TopWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { client, dashboard, state, t, format, label, go, release } = page;
  const top = widget.type === 'top';
  const search = useDelayed(state.options[`${widget.id}.q`] ?? '', 150);
  const metric = metricOf(dashboard, widget.metric) ?? { name: widget.metric, dataset: widget.dataset, formula: '' };
  // How many groups there are is a measure of the dataset's own field where each row has a value; no value is a group too,
  // and a looked-up field isn't measured: then they are counted as groups.
  const own = datasetOf(dashboard, widget.dataset)?.fields.find((field) => field.name === widget.group);
  const measured = top && own !== undefined && !own.nullable;
  const found: Params = search === '' ? [] : [[`${widget.group}__contains`, search]];
  const params: Params = [
    ['group_by', widget.group],
    ['measures', measured ? `${widget.metric},others:count_distinct(${widget.group})` : widget.metric],
    ['sort', `-${widget.metric}`],
    ['limit', String(widget.limit)],
    ['totals', 'true'],
    // Without a period there is nothing before it.
    ...(state.compare !== 'off' && state.period.type !== 'all' ? [['compare', state.compare] as [string, string]] : []),
    ...found,
  ];
  const question = useDataset(widget.dataset, { aggregate: true, params, without: widget.group });
  const { dataset, asked, path } = question;
  const group = dataset && fieldsOf(dataset).get(widget.group);
  const body = asked.answer?.body;
  const rows = body?.data ?? [];
  const total = Number(body?.totals?.[widget.metric] ?? NaN);
  const values = chosen(state.conditions, widget.group);
  const [first] = rows;
  const name = (value: Value | undefined): string => format.choice(choiceOf(value), group ?? {});
  const without = choiceOf(first?.[widget.group]) === null ? t.someOf : t.without(name(first?.[widget.group]));
  const rest = state.options[`${widget.id}.rest`] === '1';
  const shown = rest ? rows.slice(1) : rows;
  const most = Math.max(...shown.map((row) => Number(row[widget.metric] ?? 0)), 0);
  const largest = Math.max(...rows.map((row) => Math.abs(Number(row[widget.metric] ?? 0))), 0);
  // Of a mean or a ratio no group is a share.
  const shares = isPart(metric.formula);
  const countPath = top && !measured && path !== undefined ? apiPath(`datasets/${widget.dataset}/concentration/${widget.group}`, [['measures', 'rows:count()'], ...question.params, ...found]) : undefined;
  const counted = useAnswer<Rows>(client, countPath && pinned(countPath, release.number));
  const groups = measured ? body?.totals?.['others'] : counted.answer?.body.data.at(-1)?.['groups'];
  const others = typeof groups === 'number' ? groups - rows.length : 0;
  const change = `${widget.metric}_change`;
  // Of all time, the last whole month is compared, as the key figures are.
  const last = lastWholeMonth(dashboard, release.asOf);
  const monthly = useDataset(widget.dataset, {
    aggregate: true,
    params: [['group_by', widget.group], ['measures', widget.metric], ['sort', `-${widget.metric}`], ['limit', String(widget.limit)], ['compare', state.compare]],
    without: widget.group,
    ...(last && { span: last }),
    off: top || !last || state.compare === 'off' || state.period.type !== 'all' || question.snapshot,
  });
  const compared = monthly.path === undefined ? body : monthly.asked.answer?.body;
  const changeOf = new Map((compared?.data ?? []).map((row) => [row[widget.group], row[change]]));
  const changes = [...changeOf.values()].some((value) => typeof value === 'number');
  const spans = compared?.meta.compared;
  // Beside a total of all time stands what the compared month itself had.
  const month = spans && monthly.path !== undefined ? spans.current : undefined;
  const figureOf = new Map((month ? (compared?.data ?? []) : []).map((row) => [row[widget.group], row[widget.metric]]));
  // Long figures stand in short.
  const long = rows.some((row) => format.short(Number(row[widget.metric] ?? 0), metric, largest).replace(/\D/g, '').length > mostDigits);
  return (
    <Widget
      id={widget.id}
      kind="ranking"
      title={title}
      asked={asked}
      path={path}
      unreached={question.unreached}
      empty={rows.length === 0 && search === ''}
      table={{
        columns: [
          { name: widget.group, label: group ? label(group) : widget.group, doc: group ?? {} },
          { name: widget.metric, label: label(metric), doc: metric },
          ...(shares ? [{ name: 'share', label: t.share_, doc: { format: 'percent' as const } }] : []),
          ...(changes && month ? [{ name: 'month', label: format.span(month), doc: metric }] : []),
          ...(changes ? [{ name: change, label: month && spans ? `${t.change} ${t.against(format.span(spans.previous, spans.current))}` : t.change, doc: { format: 'percent' as const } }] : []),
        ],
        rows: rows.map((row) => ({ ...row, share: Number(row[widget.metric] ?? 0) / total, month: figureOf.get(row[widget.group] ?? null) ?? null, [change]: changeOf.get(row[widget.group] ?? null) ?? null })),
        keys: [widget.group],
      }}
      aside={
        <span class="aside">
          {top ? (
            <>
              {others > 0 && <span class="muted" data-metric="others" data-value={others}>{t.others(others, format.integer(others))}</span>}
              {group?.filters.includes('contains') && <Search id={widget.id} what={label(group)} />}
            </>
          ) : (
            <>
              {changes && spans && <span class="muted">{monthly.path === undefined ? t.against(format.span(spans.previous, spans.current)) : t.spans(format.span(spans.current), format.span(spans.previous, spans.current))}</span>}
              {first !== undefined && rows.length > 2 && (
              <button type="button" class="toggle" title={without} aria-pressed={rest} onClick={() => { go((s) => withOption(s, widget.id, 'rest', rest ? '' : '1'), { replace: true }); }}>
                {without}
              </button>
              )}
            </>
          )}
        </span>
      }
    >
      {() => (
        <>
          <ol class={changes ? `ranks with-change${month ? ' with-month' : ''}` : 'ranks'} style={{ '--figures': 1 + Number(shares) + Number(changes && month !== undefined) + Number(changes) }} tabIndex={top ? undefined : 0} aria-label={title}>
            {shown.map((row) => {
              const key = row[widget.group] ?? null;
              const choice = choiceOf(key);
              const value = Number(row[widget.metric] ?? 0);
              const pressed = values.includes(choice);
              const changed = figureOf.get(key);
              return (
                <li key={choiceKey(choice)} data-key={choice ?? ''} data-null={choice === null ? '' : undefined}>
                  <button
                    type="button"
                    disabled={!offers(group, choice)}
                    class={values.length > 0 && !pressed ? 'rank dim' : 'rank'}
                    aria-pressed={pressed}
                    title={`${name(key)} — ${t.named(label(metric), format.exact(value, metric))}${shares ? ` (${format.share(value / total, 2)})` : ''}`}
                    onClick={() => { go((s) => ({ ...s, conditions: toggle(s.conditions, widget.group, choice) })); }}
                  >
                    <span class={choice === null ? 'rank-name muted' : 'rank-name'}>{name(key)}</span>
                    <span class="rank-bar" aria-hidden="true"><span style={{ width: `${most > 0 ? Math.max(0, value / most) * 100 : 0}%` }} /></span>
                    <span class="number" data-metric={widget.metric} data-value={value}>{row[widget.metric] === null ? format.short(null, metric) : long ? format.brief(value, metric, largest) : format.short(value, metric, largest)}</span>
                    {shares && <span class="rank-share number muted">{format.share(value / total)}</span>}
                    {changes && month && <span class="number muted" data-metric="month" data-value={changed ?? ''} title={t.named(format.span(month), format.value(changed, metric))}>{format.compact(typeof changed === 'number' ? changed : null, metric)}</span>}
                    {changes && <span class="number"><ChangeFigure change={changeOf.get(key) as number | null | undefined} /></span>}
                  </button>
                </li>
              );
            })}
          </ol>
          {rows.length === 0 && <p class="hint">{t.noValue}</p>}
        </>
      )}
    </Widget>
  );
}

function Search({ id, what }: { id: string; what: string }) {
  const { state, t, go } = usePage();
  const [typed, setTyped] = useState(state.options[`${id}.q`] ?? '');
  return (
    <input
      type="search"
      class="find small"
      placeholder={t.find}
      aria-label={t.searchIn(what)}
      maxLength={64}
      value={typed}
      onInput={(e) => {
        const q = e.currentTarget.value;
        setTyped(q);
        go((s) => withOption(s, id, 'q', q), { replace: true });
      }}
    />
  );
}
