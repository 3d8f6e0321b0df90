import type { KPIs, Row, Rows, Span, Value } from '../api/answer';
import type { KPIsWidget, Metric } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import type { Column } from '../components/data-table';
import { ChangeFigure } from '../components/change-figure';
import { Sparkline } from '../components/sparkline';
import { Widget } from '../components/widget';
import { formatCondition } from '../state/condition';
import { usePage } from '../state/context';
import { ask, datasetOf, fieldOf, hasHours, lastWholeMonth, metricOf, periodParams, takes, timeOf } from '../state/reach';
import { grainOf, grainOfAll } from '../state/grain';
import { spanOf } from '../state/period';
import { pinned, useAnswer, type Asked } from '../state/use-answer';
import { mostBars, time as bars } from './bars';

/** The key figures: value, change with the compared span in words, and how it came to this. */
export function KPICards({ widget }: { widget: KPIsWidget }) {
  const { client, dashboard, state, t, format, label, release } = usePage();
  const metrics = widget.metrics.map((name) => metricOf(dashboard, name)).filter((m) => m !== undefined);
  const time = timeOf(dashboard);
  const span = time === undefined ? undefined : spanOf(state.period, release.asOf);
  const unreachedBy = (metric: Metric): string[] => {
    const dataset = datasetOf(dashboard, metric.dataset);
    return [...new Set(state.conditions.filter((c) => !dataset || !takes(dataset, c)).map((c) => c.field))];
  };
  // /kpis takes what any of its datasets takes; a metric that a filter does not reach comes back as null.
  const conditions: Params = state.conditions.filter((c) => metrics.some((m) => { const d = datasetOf(dashboard, m.dataset); return d && takes(d, c); })).map((c) => formatCondition(c));
  const periodOf = (days: Span | undefined): Params => (days && time !== undefined ? periodParams(time, days, release.asOf) : []);
  // What lies in no time is compared with nothing.
  const timed = time !== undefined && metrics.some((m) => !m.snapshot && !m.unfiltered);
  const compare: Params = timed && state.compare !== 'off' ? [['compare', state.compare]] : [];
  const path = apiPath('kpis', [...conditions, ...periodOf(span), ...(span ? compare : [])]);
  // Of all time there is nothing before: the last whole month is compared, and stands beside the total with its own figure.
  const last = lastWholeMonth(dashboard, release.asOf);
  const monthPath = !span && last && compare.length > 0 ? apiPath('kpis', [...conditions, ...periodOf(last), ...compare]) : undefined;
  const snapshotPath = span && metrics.some((m) => m.snapshot) ? apiPath('kpis', conditions) : undefined;
  const asked = useAnswer<KPIs>(client, pinned(path, release.number));
  const month = useAnswer<KPIs>(client, monthPath && pinned(monthPath, release.number));
  const snapshot = useAnswer<KPIs>(client, snapshotPath && pinned(snapshotPath, release.number));

  const series = metrics.filter((m) => m.dataset === dashboard.facts && !m.snapshot && !m.unfiltered && unreachedBy(m).length === 0);
  const facts = datasetOf(dashboard, dashboard.facts);
  const hours = hasHours(dashboard, release.asOf);
  const grain = span ? grainOf(span, hours) : grainOfAll(dashboard.covers, hours);
  const seriesPath = facts && time !== undefined && series.length > 0
    ? apiPath(`datasets/${facts.name}/aggregate`, [['group_by', `${bars}:${time}.${grain}`], ['measures', series.map((m) => m.name).join(',')], ['limit', mostBars], ...ask(dashboard, facts, state, release.asOf).params])
    : undefined;
  const history = useAnswer<Rows>(client, seriesPath && pinned(seriesPath, release.number));

  const answerOf = (metric: Metric): Asked<KPIs> => (metric.snapshot && snapshotPath !== undefined ? snapshot : asked);
  const problem = asked.problem ?? snapshot.problem ?? month.problem;
  const whole = { ...asked, problem, loading: asked.loading || snapshot.loading || month.loading, retry: () => { asked.retry(); snapshot.retry(); month.retry(); } };
  const comparison = (monthPath === undefined ? asked : month).answer?.body;
  const comparedOf = (metric: Metric): KPIs | undefined => (metric.snapshot || metric.unfiltered ? undefined : comparison);
  const spans = comparison?.meta.compared;
  const rows: Row[] = metrics.map((m) => {
    const compared = comparedOf(m);
    return { metric: label(m), value: figure(answerOf(m).answer?.body[m.name]), current: figure(compared?.[m.name]), previous: compared?.previous?.[m.name] ?? null, change: compared?.change?.[m.name] ?? null };
  });
  const columns: TableColumn[] = [['value', t.value], ...(spans ? [...(monthPath === undefined ? [] : [['current', format.span(spans.current)] as TableColumn]), ['previous', format.span(spans.previous)] as TableColumn] : [])];
  return (
    <Widget
      id={widget.id}
      kind="cards"
      title={t.keyFigures}
      asked={whole}
      path={path}
      files={seriesPath}
      table={{ columns: cardColumns(metrics, columns, t, (value, m) => format.value(value, m), rows, (value) => format.change(value)), rows, keys: ['metric'] }}
    >
      {() => (
        <ul class="kpis" style={{ '--cards': metrics.length }}>
          {metrics.map((metric) => (
            <Card
              key={metric.name}
              metric={metric}
              body={answerOf(metric).answer?.body}
              unreached={unreachedBy(metric).map((name) => label(fieldOf(dashboard, name) ?? { name }))}
              compared={comparedOf(metric)}
              apart={monthPath !== undefined}
              history={series.includes(metric) ? history.answer?.body.data.map((row) => number(row[metric.name])) : undefined}
              partial={(history.answer?.body.meta.partial ?? []).length > 0}
            />
          ))}
        </ul>
      )}
    </Widget>
  );
}

type TableColumn = [name: string, label: string];

function cardColumns(metrics: Metric[], figures: TableColumn[], t: ReturnType<typeof usePage>['t'], write: (value: Value, metric: Metric) => string, rows: Row[], change: (value: number | null) => string): Column[] {
  const metricAt = (row: Row): Metric | undefined => metrics[rows.indexOf(row)];
  const cell = (name: string) => (row: Row) => {
    const metric = metricAt(row);
    return metric && write(row[name] ?? null, metric);
  };
  return [
    { name: 'metric', label: t.figure, doc: { format: 'text' } },
    ...figures.map(([name, label]): Column => ({ name, label, doc: { format: 'number' }, cell: cell(name) })),
    ...(figures.length > 1 ? [{ name: 'change', label: t.change, doc: { format: 'percent' as const }, cell: (row: Row) => change(number(row['change'])) }] : []),
  ];
}

/** A longer figure has no room on a card: it stands in short. */
const mostLetters = 12;

interface CardProps {
  metric: Metric;
  body: KPIs | undefined;
  /** Labels of the filters that do not reach it. */
  unreached: string[];
  /** The answer that compares it; undefined: it is compared with nothing. */
  compared: KPIs | undefined;
  /** What is compared is another time than the figure's own. */
  apart: boolean;
  history: (number | null)[] | undefined;
  partial: boolean;
}

function Card({ metric, body, unreached, compared, apart, history, partial }: CardProps) {
  const { dashboard, t, format, label, pick, release } = usePage();
  const value = unreached.length > 0 ? null : figure(body?.[metric.name]);
  const shown = format.value(value, metric, 'short');
  const title = [pick(metric.description), value === null ? undefined : format.value(value, metric)].filter(Boolean).join(' — ');
  return (
    <li class="kpi" data-card={metric.name} data-metric={metric.name} data-value={value ?? ''} title={title}>
      <span class="kpi-name">
        {label(metric)} {metric.snapshot && dashboard.as_of_field !== undefined && <span class="badge" title={t.snapshotTitle}>{t.snapshot(format.day(release.asOf))}</span>}
      </span>
      <span class="kpi-line">
        <span class="kpi-value">{typeof value === 'number' && shown.length > mostLetters ? format.brief(value, metric) : shown}</span>
        {typeof value === 'number' && history && history.length > 1 && <Sparkline values={history} partial={partial} />}
      </span>
      <span class="kpi-note">
        {unreached.length > 0 ? <span title={t.unreached(format.list(unreached))}>{t.unreached(format.list(unreached))}</span> : compared?.meta.compared && !isText(value) && <Change metric={metric} body={compared} compared={compared.meta.compared} apart={apart} />}
      </span>
    </li>
  );
}

interface ChangeProps {
  metric: Metric;
  body: KPIs;
  compared: { current: Span; previous: Span };
  /** The card's figure is of another time: the one that is compared stands beside its change. */
  apart: boolean;
}

function Change({ metric, body, compared, apart }: ChangeProps) {
  const { t, format } = usePage();
  const current = number(body[metric.name]);
  const previous = number(body.previous?.[metric.name]);
  const change = body.change?.[metric.name] ?? null;
  const own = apart && <>{format.span(compared.current)} <span class="kpi-span" data-metric="current" data-value={current ?? ''} title={format.exact(current, metric)}>{format.brief(current, metric)}</span> </>;
  if (change === null && previous === null) return <>{own}{t.noEarlier(format.span(compared.previous))}</>;
  return (
    <>
      {own}<ChangeFigure change={change} /> {t.against(format.span(compared.previous, compared.current))}
    </>
  );
}

/** A figure of /kpis: a number, or a text or date where it is a least or greatest one. */
function figure(value: unknown): Value {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** What is no number has no change. */
function isText(value: Value): boolean {
  return typeof value === 'string' || typeof value === 'boolean';
}

