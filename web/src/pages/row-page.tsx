import type { ECharts } from 'echarts/core';
import { useMemo, useRef } from 'preact/hooks';
import type { Meta, Row, Rows } from '../api/answer';
import type { Dashboard, Dataset, Field, Metric, TablePage } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { Chart, imageOf, type ChartOption } from '../charts/chart';
import { palette } from '../charts/palette';
import { categoryAxis, motion, tooltip, tooltipRows, valueAxis } from '../charts/parts';
import { DataTable } from '../components/data-table';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { formatCondition } from '../state/condition';
import { usePage, type Page } from '../state/context';
import { periods } from '../state/grain';
import { datasetOf, metricOf } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';
import { Cell, Marks } from '../components/cell';
import { FieldTable } from './field-table';
import { NotFound } from './not-found';
import { decode } from './page-title';
import { useWords } from './use-words';

interface RowPageProps {
  table: TablePage;
  /** The row's key, as the path holds it: encoded, as the API takes it. */
  segment: string;
}

/** One row of a list: all that is known of it, and its history among the facts. */
export function RowPage({ table, segment }: RowPageProps) {
  const { client, dashboard, release, state, pick } = usePage();
  const words = useWords();
  const dataset = datasetOf(dashboard, table.dataset);
  const path = dataset && `datasets/${dataset.name}/rows/${segment}`;
  const asked = useAnswer<{ data: Row; meta: Meta }>(client, path && pinned(path, release.number));
  if (!dataset) return <NotFound />;
  const row = asked.answer?.body.data;
  const key = decode(segment);
  return (
    <>
      <p class="crumb"><Link to={{ ...state, page: table.id }}>← {words.backTo(pick(table.title))}</Link></p>
      <h1>
        {pick(table.title)} {row ? <RowName row={row} dataset={dataset} table={table} /> : key}
      </h1>
      <div class="columns">
        <Widget id="row" kind="record" title={words.allFields} asked={asked} path={path} files={null}>
          {() => row && <FieldTable caption={words.allFields} row={row} fields={dataset.fields} />}
        </Widget>
        {table.history && row && <History dashboard={dashboard} history={table.history} value={key} />}
      </div>
    </>
  );
}

/** The key of a row with its marks, and what category it is of. */
function RowName({ row, dataset, table }: { row: Row; dataset: Dataset; table: TablePage }) {
  const { format } = usePage();
  const category = dataset.fields.find((field) => field.values && table.fields.includes(field.name));
  return (
    <>
      {dataset.key.map((name) => format.value(row[name], dataset.fields.find((field) => field.name === name) ?? {})).join(', ')}
      <Marks row={row} marks={table.marks ?? []} />
      {category && <span class="badge"><Cell row={row} field={category} keys={[]} bar={false} marks={[]} page={undefined} /></span>}
    </>
  );
}

interface HistoryProps {
  dashboard: Dashboard;
  history: NonNullable<TablePage['history']>;
  value: string;
}

function History({ dashboard, history, value }: HistoryProps) {
  const dataset = datasetOf(dashboard, history.dataset);
  const metric = metricOf(dashboard, history.metric);
  const time = dashboard.as_of_field;
  const on = dataset?.fields.find((field) => field.name === history.on);
  if (!dataset || !metric || !on || time === undefined) return null;
  const condition = formatCondition({ field: on.name, operator: 'eq', values: [value] });
  return (
    <div class="sections">
      <Months dataset={dataset} metric={metric} time={time} condition={condition} />
      <Latest dataset={dataset} on={on} time={time} condition={condition} />
    </div>
  );
}

interface FactsProps {
  dataset: Dataset;
  time: string;
  condition: Params[number];
}

/** A metric of the row's facts, month by month up to the release's last one. */
function Months({ dataset, metric, time, condition }: FactsProps & { metric: Metric }) {
  const page = usePage();
  const { client, release, t, format, label, theme } = page;
  const words = useWords();
  const chart = useRef<ECharts | null>(null);
  const path = apiPath(`datasets/${dataset.name}/aggregate`, [['group_by', `time:${time}.month`], ['measures', metric.name], condition]);
  const asked = useAnswer<Rows>(client, pinned(path, release.number));
  const rows = asked.answer?.body.data;
  const months = useMemo(() => monthsOf(rows ?? [], metric.name, release.asOf), [rows, metric.name, release.asOf]);
  const option = useMemo(() => optionOf(months, metric, page), [months, metric, theme, format]); // eslint-disable-line react-hooks/exhaustive-deps -- of the page, only these are drawn
  const [first] = months;
  const last = months.at(-1);
  return (
    <Widget
      id="history"
      kind="months"
      title={words.over(label(metric))}
      asked={asked}
      path={path}
      image={() => imageOf(chart.current, palette().ground)}
      table={{ columns: [{ name: 'time', label: t.grains.month, doc: { format: 'month' } }, { name: metric.name, label: label(metric), doc: metric }], rows: months.map(({ month, value }) => ({ time: month, [metric.name]: value })), keys: ['time'] }}
    >
      {() => months.length === 0 ? <p class="notice">{words.nothing}</p> : <Chart option={option} handle={chart} label={t.named(words.over(label(metric)), t.bars(format.integer(months.length), first ? format.month(first.month) : '', last ? format.month(last.month) : ''))} />}
    </Widget>
  );
}

interface Month {
  month: string;
  value: number;
}

/** A value for each month from the first one on: the API leaves out those without facts. */
export function monthsOf(rows: Row[], metric: string, asOf: string): Month[] {
  const values = new Map(rows.map((row) => [String(row['time']), Number(row[metric] ?? 0)]));
  const [first] = [...values.keys()].sort();
  if (first === undefined) return [];
  return periods({ from: `${first}-01`, to: asOf.slice(0, 10) }, 'month').map((month) => ({ month, value: values.get(month) ?? 0 }));
}

function optionOf(months: Month[], metric: Metric, { format, label }: Page): ChartOption {
  const colors = palette();
  return {
    animation: motion(),
    animationDuration: 250,
    grid: { left: 4, right: 8, top: 12, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: categoryAxis(colors, months.map(({ month }) => format.month(month))),
    yAxis: valueAxis(colors, (value) => format.compact(value, metric)),
    tooltip: {
      ...tooltip(colors),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: colors.line, opacity: 0.4 } },
      formatter: (params: unknown) => {
        const month = months[(params as { dataIndex: number }[])[0]?.dataIndex ?? -1];
        return month ? tooltipRows(format.month(month.month), [[label(metric), format.exact(month.value, metric)]]) : '';
      },
    },
    series: [{ type: 'bar', name: label(metric), barMaxWidth: 40, itemStyle: { color: colors.accent, borderRadius: [2, 2, 0, 0] }, data: months.map(({ value }) => value) }],
  };
}

const latest = 20;

/** The last facts of the row, and all of them as files. */
function Latest({ dataset, on, time, condition }: FactsProps & { on: Field }) {
  const { client, release, t, format, label } = usePage();
  const words = useWords();
  const order: Params = [condition, ['sort', `-${time}`]];
  const path = apiPath(`datasets/${dataset.name}/rows`, [...order, ['limit', String(latest)], ['count', 'exact']]);
  const asked = useAnswer<Rows>(client, pinned(path, release.number));
  const rows = asked.answer?.body.data ?? [];
  const total = asked.answer?.body.meta.total;
  const columns = dataset.fields.filter((field) => field.name !== on.name).map((field) => ({ name: field.name, label: label(field), doc: field }));
  const title = words.latest(label(dataset), format.integer(rows.length || latest));
  return (
    <Widget
      id="latest"
      kind="rows"
      title={title}
      asked={asked}
      path={path}
      files={apiPath(`datasets/${dataset.name}/rows`, order)}
      aside={total !== undefined && <span class="aside muted" data-metric="total" data-value={total}>{t.rowsOf(format.integer(total))}</span>}
    >
      {() => rows.length === 0 ? <p class="notice">{words.nothing}</p> : <DataTable caption={title} columns={columns} rows={rows} keys={dataset.key} />}
    </Widget>
  );
}
