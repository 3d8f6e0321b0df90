import type { KPIs, Meta, Row, Rows } from '../api/answer';
import type { KPIsWidget, Metric } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import type { Column } from '../components/data-table';
import { ChangeFigure } from '../components/change-figure';
import { Sparkline } from '../components/sparkline';
import { Widget } from '../components/widget';
import { formatCondition } from '../state/condition';
import { usePage } from '../state/context';
import { ask, datasetOf, fieldOf, metricOf, periodParams, takes } from '../state/reach';
import { grainOf, spanOf } from '../state/period';
import { pinned, useAnswer, type Asked } from '../state/use-answer';
import { mostBars, time } from './bars';

/** The key figures: value, change with the compared span in words, and how it came to this. */
export function KPICards({ widget }: { widget: KPIsWidget }) {
  const { client, dashboard, state, t, format, label, release } = usePage();
  const metrics = widget.metrics.map((name) => metricOf(dashboard, name)).filter((m) => m !== undefined);
  const span = dashboard.as_of_field === undefined ? undefined : spanOf(state.period, release.asOf);
  const unreachedBy = (metric: Metric): string[] => {
    const dataset = datasetOf(dashboard, metric.dataset);
    return [...new Set(state.conditions.filter((c) => !dataset || !takes(dataset, c)).map((c) => c.field))];
  };
  // /kpis takes what any of its datasets takes; a metric that a filter does not reach comes back as null.
  const conditions: Params = state.conditions.filter((c) => metrics.some((m) => { const d = datasetOf(dashboard, m.dataset); return d && takes(d, c); })).map((c) => formatCondition(c));
  const period: Params = span && dashboard.as_of_field !== undefined ? periodParams(dashboard.as_of_field, span, release.asOf) : [];
  const compare: Params = state.compare === 'off' ? [] : [['compare', state.compare]];
  const path = apiPath('kpis', [...conditions, ...period, ...compare]);
  const snapshotPath = span && metrics.some((m) => m.snapshot) ? apiPath('kpis', conditions) : undefined;
  const asked = useAnswer<KPIs>(client, pinned(path, release.number));
  const snapshot = useAnswer<KPIs>(client, snapshotPath && pinned(snapshotPath, release.number));

  const series = metrics.filter((m) => m.dataset === dashboard.facts && !m.snapshot && !m.unfiltered && unreachedBy(m).length === 0);
  const facts = datasetOf(dashboard, dashboard.facts);
  const grain = span ? grainOf(span) : 'month';
  const seriesPath = facts && dashboard.as_of_field !== undefined && series.length > 0
    ? apiPath(`datasets/${facts.name}/aggregate`, [['group_by', `${time}:${dashboard.as_of_field}.${grain}`], ['measures', series.map((m) => m.name).join(',')], ['limit', mostBars], ...ask(dashboard, facts, state, release.asOf).params])
    : undefined;
  const history = useAnswer<Rows>(client, seriesPath && pinned(seriesPath, release.number));

  const answerOf = (metric: Metric): Asked<KPIs> => (metric.snapshot && snapshotPath !== undefined ? snapshot : asked);
  const problem = asked.problem ?? snapshot.problem;
  const whole = { ...asked, problem, loading: asked.loading || snapshot.loading, retry: () => { asked.retry(); snapshot.retry(); } };
  const rows: Row[] = metrics.map((m) => {
    const body = answerOf(m).answer?.body;
    return { metric: label(m), value: figure(body?.[m.name]), previous: body?.previous?.[m.name] ?? null, change: body?.change?.[m.name] ?? null };
  });
  return (
    <Widget
      id={widget.id}
      kind="cards"
      title={t.keyFigures}
      asked={whole}
      path={path}
      files={seriesPath}
      table={{ columns: cardColumns(metrics, t, (value, m) => format.exact(value, m), rows, (value) => format.change(value)), rows, keys: ['metric'] }}
    >
      {() => (
        <ul class="kpis" style={{ '--cards': metrics.length }}>
          {metrics.map((metric) => (
            <Card
              key={metric.name}
              metric={metric}
              body={answerOf(metric).answer?.body}
              unreached={unreachedBy(metric).map((name) => label(fieldOf(dashboard, name) ?? { name }))}
              filtered={span !== undefined}
              history={series.includes(metric) ? history.answer?.body.data.map((row) => figure(row[metric.name])) : undefined}
              partial={(history.answer?.body.meta.partial ?? []).length > 0}
            />
          ))}
        </ul>
      )}
    </Widget>
  );
}

function cardColumns(metrics: Metric[], t: ReturnType<typeof usePage>['t'], write: (value: number | null, metric: Metric) => string, rows: Row[], change: (value: number | null) => string): Column[] {
  const metricAt = (row: Row): Metric | undefined => metrics[rows.indexOf(row)];
  const cell = (name: string) => (row: Row) => {
    const metric = metricAt(row);
    return metric && write(figure(row[name]), metric);
  };
  return [
    { name: 'metric', label: t.figure, doc: { format: 'text' } },
    { name: 'value', label: t.value, doc: { format: 'number' }, cell: cell('value') },
    { name: 'previous', label: t.compared, doc: { format: 'number' }, cell: cell('previous') },
    { name: 'change', label: t.change, doc: { format: 'percent' }, cell: (row) => change(figure(row['change'])) },
  ];
}

interface CardProps {
  metric: Metric;
  body: KPIs | undefined;
  /** Labels of the filters that do not reach it. */
  unreached: string[];
  /** The page has a period. */
  filtered: boolean;
  history: (number | null)[] | undefined;
  partial: boolean;
}

function Card({ metric, body, unreached, filtered, history, partial }: CardProps) {
  const { t, format, label, release, lang } = usePage();
  const value = unreached.length > 0 ? null : figure(body?.[metric.name]);
  const change = unreached.length > 0 ? null : (body?.change?.[metric.name] ?? null);
  const title = [metric.description?.[lang], value === null ? undefined : format.exact(value, metric)].filter(Boolean).join(' — ');
  return (
    <li class="kpi" data-card={metric.name} data-metric={metric.name} data-value={value ?? ''} title={title}>
      <span class="kpi-name">
        {label(metric)} {metric.snapshot && <span class="badge" title={t.snapshotTitle}>{t.snapshot(format.day(release.asOf))}</span>}
      </span>
      <span class="kpi-value">{format.short(value, metric)}</span>
      <span class="kpi-note">
        {unreached.length > 0 ? <span title={t.unreached(format.list(unreached))}>{t.unreached(format.list(unreached))}</span> : metric.snapshot || !body?.meta.compared ? '' : <Change change={change} compared={body.meta.compared} previous={body.previous?.[metric.name] ?? null} both={!filtered} />}
      </span>
      {history && history.length > 1 && <Sparkline values={history} partial={partial} />}
    </li>
  );
}

interface ChangeProps {
  change: number | null;
  previous: number | null;
  compared: NonNullable<Meta['compared']>;
  /** Both spans are named: the figure itself is of neither. */
  both: boolean;
}

function Change({ change, previous, compared, both }: ChangeProps) {
  const { t, format } = usePage();
  if (change === null && previous === null) return <>{t.noEarlier(format.span(compared.previous))}</>;
  return (
    <>
      <ChangeFigure change={change} /> {both ? t.spans(format.span(compared.current), format.span(compared.previous, compared.current)) : t.against(format.span(compared.previous, compared.current))}
    </>
  );
}

function figure(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

