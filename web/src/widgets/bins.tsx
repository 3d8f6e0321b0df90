import type { ECharts } from 'echarts/core';
import { useMemo, useRef } from 'preact/hooks';
import type { BinsWidget, Field, Metric } from '../api/dashboard';
import { Chart, imageOf, type ChartOption } from '../charts/chart';
import { palette } from '../charts/palette';
import { axisText, categoryAxis, motion, tooltip, tooltipRows, valueAxis } from '../charts/parts';
import { Widget } from '../components/widget';
import type { Formatter } from '../format/formatter';
import { usePage, type Page } from '../state/context';
import { fieldsOf, metricOf } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';

/** How metrics are spread over the sizes of a field: each bin's share of every one of them. */
export function Bins({ widget }: { widget: BinsWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { dashboard, state, t, format, label, theme } = page;
  const chart = useRef<ECharts | null>(null);
  const asTable = widget.table !== undefined && state.options[`${widget.id}.view`] === 'table';
  const question = useDataset(widget.dataset, { aggregate: true, params: [['group_by', `bin:${widget.field}.bins(${widget.edges.join(',')})`], ['measures', widget.metrics.join(',')]], off: asTable });
  const equal = useDataset(widget.table ?? widget.dataset, { aggregate: false, params: [], off: !asTable });
  const field = question.dataset && fieldsOf(question.dataset).get(widget.field);
  const metrics = widget.metrics.map((name) => metricOf(dashboard, name)).filter((m) => m !== undefined);
  const rows = useMemo(() => question.asked.answer?.body.data ?? [], [question.asked.answer]);
  const bins = useMemo(() => rows.map((row) => ({ name: binName(String(row['bin']), format), values: widget.metrics.map((name) => Number(row[name] ?? 0)) })), [rows, field, widget, format]); // eslint-disable-line react-hooks/exhaustive-deps -- names follow the format alone
  const option = useMemo(() => optionOf(bins, metrics, field, page), [bins, field, theme, format]); // eslint-disable-line react-hooks/exhaustive-deps -- metrics are the widget's own
  const { asked, path, unreached } = asTable ? equal : question;
  return (
    <Widget
      id={widget.id}
      kind="bins"
      title={title}
      asked={asked}
      path={path}
      unreached={unreached}
      empty={asked.answer?.body.data.length === 0}
      image={() => imageOf(chart.current, palette().ground)}
      table={
        asTable
          ? { columns: (equal.dataset?.fields ?? []).map((f) => ({ name: f.name, label: label(f), doc: f })), rows: equal.asked.answer?.body.data ?? [], keys: equal.dataset?.key ?? [] }
          : { columns: [{ name: 'bin', label: field ? label(field) : widget.field, doc: {} }, ...metrics.map((m) => ({ name: m.name, label: label(m), doc: m }))], rows, keys: ['bin'] }
      }
      aside={
        <span class="aside">
          {metrics.map((m, i) => <span key={m.name}><span class="swatch" style={{ background: i === 0 ? 'var(--compared)' : 'var(--accent)' }} />{label(m)}</span>)}
        </span>
      }
    >
      {() => <Chart option={option} handle={chart} label={t.named(field ? label(field) : '', t.bars(format.integer(bins.length), bins[0]?.name ?? '', bins.at(-1)?.name ?? ''))} />}
    </Widget>
  );
}

/** `[5,10)`, `<0` and `>=500` as a reader writes them. */
export function binName(bin: string, format: Formatter): string {
  const write = (text: string): string => format.edge(Number(text));
  const [, low, high] = /^\[(.*),(.*)\)$/.exec(bin) ?? [];
  if (low !== undefined && high !== undefined) return `${write(low)}–${write(high)}`;
  if (bin.startsWith('>=')) return `≥ ${write(bin.slice(2))}`;
  return bin.startsWith('<') ? `< ${write(bin.slice(1))}` : bin;
}

interface Bin {
  name: string;
  values: number[];
}

function optionOf(bins: Bin[], metrics: Metric[], field: Field | undefined, page: Page): ChartOption {
  const { format, label } = page;
  const colors = palette();
  const totals = metrics.map((_, i) => bins.reduce((sum, bin) => sum + (bin.values[i] ?? 0), 0));
  const title = field ? label(field) + (field.unit === undefined ? '' : ` (${field.unit})`) : '';
  const share = (bin: Bin, i: number): number => (totals[i] ? (bin.values[i] ?? 0) / totals[i] : 0);
  return {
    animation: motion(),
    animationDuration: 250,
    grid: { left: 4, right: 8, top: 12, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'all' },
    xAxis: { ...categoryAxis(colors, bins.map((bin) => bin.name)), axisLabel: { ...axisText(colors), fontSize: 10, interval: 0, hideOverlap: true }, ...(field && { name: title, nameLocation: 'middle', nameGap: 22, nameTextStyle: axisText(colors) }) },
    yAxis: valueAxis(colors, (value) => format.share(value, 0)),
    tooltip: {
      ...tooltip(colors),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: colors.line, opacity: 0.4 } },
      formatter: (params: unknown) => {
        const bin = bins[(params as { dataIndex: number }[])[0]?.dataIndex ?? -1];
        return bin ? tooltipRows(`${title} ${bin.name}`, metrics.map((metric, i) => [label(metric), `${format.exact(bin.values[i], metric)} (${format.share(share(bin, i))})`])) : '';
      },
    },
    series: metrics.map((metric, i) => ({
      type: 'bar',
      name: label(metric),
      barCategoryGap: '25%',
      barGap: '0%',
      itemStyle: { color: i === 0 ? colors.compared : colors.accent, borderRadius: [2, 2, 0, 0] },
      data: bins.map((bin) => share(bin, i)),
    })),
  };
}
