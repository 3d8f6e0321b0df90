import type { ECharts } from 'echarts/core';
import { useMemo, useRef } from 'preact/hooks';
import type { CohortsWidget, Field } from '../api/dashboard';
import { Chart, imageOf, type ChartOption } from '../charts/chart';
import { palette } from '../charts/palette';
import { axisText, categoryAxis, motion, tooltip, tooltipRows, valueAxis } from '../charts/parts';
import { Widget } from '../components/widget';
import { usePage, type Page } from '../state/context';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';

/** Groups side by side by their size, and by what one of each is worth. */
export function Cohort({ widget }: { widget: CohortsWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { t, format, label, theme } = page;
  const chart = useRef<ECharts | null>(null);
  const { dataset, asked, path, unreached } = useDataset(widget.dataset, { aggregate: false, params: [] });
  const [group, count, value] = [widget.group, widget.count, widget.value].map((name) => dataset?.fields.find((field) => field.name === name));
  const rows = useMemo(() => (asked.answer?.body.data ?? []).map((row) => ({ group: String(row[widget.group]), count: Number(row[widget.count] ?? 0), value: Number(row[widget.value] ?? 0) })), [asked.answer, widget]);
  const option = useMemo(() => (group && count && value ? optionOf(rows, group, count, value, page) : undefined), [rows, group, count, value, theme, format]); // eslint-disable-line react-hooks/exhaustive-deps -- of the page, only these are drawn
  const each = group && count && value ? t.perOne(label(value), label(count)) : '';
  return (
    <Widget
      id={widget.id}
      kind="cohort"
      title={title}
      asked={asked}
      path={path}
      unreached={unreached}
      empty={rows.length === 0}
      image={() => imageOf(chart.current, palette().ground)}
      table={group && count && value && {
        columns: [
          { name: group.name, label: label(group), doc: group },
          { name: count.name, label: label(count), doc: count },
          { name: value.name, label: label(value), doc: value },
          { name: 'each', label: each, doc: value },
        ],
        rows: rows.map((row) => ({ [group.name]: row.group, [count.name]: row.count, [value.name]: row.value, each: row.count === 0 ? null : row.value / row.count })),
        keys: [group.name],
      }}
    >
      {() => option && <Chart option={option} handle={chart} label={t.named(`${each}, ${count ? label(count) : ''}`, t.bars(format.integer(rows.length), rows[0] ? format.value(rows[0].group, group ?? {}) : '', format.value(rows.at(-1)?.group, group ?? {})))} />}
    </Widget>
  );
}

interface CohortRow {
  group: string;
  count: number;
  value: number;
}

function optionOf(rows: CohortRow[], group: Field, count: Field, value: Field, page: Page): ChartOption {
  const { t, format, label } = page;
  const colors = palette();
  const names = rows.map((row) => format.value(row.group, group));
  const title = (text: string): object => ({ name: text, nameLocation: 'end', nameTextStyle: { ...axisText(colors), align: 'left', padding: [0, 0, 0, -36] }, nameGap: 8 });
  return {
    animation: motion(),
    animationDuration: 250,
    grid: [
      { left: 44, right: 8, top: 24, height: '42%' },
      { left: 44, right: 8, bottom: 22, height: '24%' },
    ],
    xAxis: [
      { ...categoryAxis(colors, names), axisLabel: { show: false }, gridIndex: 0 },
      { ...categoryAxis(colors, names), gridIndex: 1 },
    ],
    yAxis: [
      { ...valueAxis(colors, (v) => format.compact(v, value)), ...title(t.perOne(label(value), label(count))), gridIndex: 0, splitNumber: 3 },
      { ...valueAxis(colors, (v) => format.compact(v, count)), ...title(label(count)), gridIndex: 1, splitNumber: 2 },
    ],
    tooltip: {
      ...tooltip(colors),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: colors.line, opacity: 0.4 } },
      formatter: (params: unknown) => {
        const row = rows[(params as { dataIndex: number }[])[0]?.dataIndex ?? -1];
        if (!row) return '';
        return tooltipRows(format.value(row.group, group), [
          [t.perOne(label(value), label(count)), format.exact(row.count === 0 ? null : row.value / row.count, value)],
          [label(count), format.exact(row.count, count)],
          [label(value), format.exact(row.value, value)],
        ]);
      },
    },
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    series: [
      { type: 'bar', xAxisIndex: 0, yAxisIndex: 0, barCategoryGap: '25%', itemStyle: { color: colors.accent, borderRadius: [2, 2, 0, 0] }, data: rows.map((row) => (row.count === 0 ? null : row.value / row.count)) },
      { type: 'bar', xAxisIndex: 1, yAxisIndex: 1, barCategoryGap: '25%', itemStyle: { color: colors.compared, borderRadius: [2, 2, 0, 0] }, data: rows.map((row) => row.count) },
    ],
  };
}
