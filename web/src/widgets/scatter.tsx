import type { ECharts } from 'echarts/core';
import { useMemo, useRef } from 'preact/hooks';
import type { Row, Value } from '../api/answer';
import type { Field, ScatterWidget } from '../api/dashboard';
import { Chart, imageOf, type ChartOption } from '../charts/chart';
import { categoryColor, palette } from '../charts/palette';
import { axisText, tooltip, tooltipRows, valueAxis } from '../charts/parts';
import { Widget } from '../components/widget';
import { between, choiceKey, choiceOf, choose, chosen, type Choice } from '../state/condition';
import { usePage, type Page } from '../state/context';
import { datasetOf, fieldsOf } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';

/** Every row as a point of two fields; dragging a box selects the rows in it, for the whole page. */
export function Scatter({ widget }: { widget: ScatterWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { t, format, label, go, theme, state } = page;
  const key = keyOf(widget, page);
  const selected = useMemo(() => new Set(key === undefined ? [] : chosen(state.conditions, key)), [key, state.conditions]);
  const chart = useRef<ECharts | null>(null);
  const { dataset, asked, path, unreached, snapshot } = useDataset(widget.dataset, { aggregate: false, params: paramsOf(widget, page), ...(key !== undefined && { without: key }) });
  const fields = dataset && fieldsOf(dataset);
  const x = fields?.get(widget.x);
  const y = fields?.get(widget.y);
  const color = widget.color === undefined ? undefined : fields?.get(widget.color);
  const keys = useMemo(() => dataset?.key ?? [], [dataset]);
  const rows = useMemo(() => asked.answer?.body.data ?? [], [asked.answer]);
  const drawn = useMemo(() => rows.filter((row) => [widget.x, widget.y].every((name) => drawable(row[name], widget.log?.includes(name) ?? false))), [rows, widget]);
  const values = useMemo((): Choice[] => {
    const found = new Set(rows.map((row) => choiceOf(row[widget.color ?? ''])));
    return color?.values ? [...color.values, ...(found.has(null) ? [null] : [])] : [...found];
  }, [color, rows, widget.color]);
  const option = useMemo(() => (x && y ? optionOf({ widget, rows: drawn, x, y, color, values, keys, selected, page }) : undefined), [widget, drawn, selected, x, y, color, values, keys, theme, format]); // eslint-disable-line react-hooks/exhaustive-deps -- of the page, only these are drawn
  const onChart = (made: ECharts): void => {
    made.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'rect', brushMode: 'single' } });
    made.off('brushEnd');
    made.on('brushEnd', (event) => {
      const range = (event as { areas?: { coordRange?: [[number, number], [number, number]] }[] }).areas?.[0]?.coordRange;
      if (!range) return;
      made.dispatchAction({ type: 'brush', areas: [] });
      const [[left, right], [bottom, top]] = range;
      const inside = drawn.filter((row) => within(row[widget.x], left, right) && within(row[widget.y], bottom, top));
      // A few rows are chosen by their keys, which reach further than what they were chosen by.
      if (key !== undefined && inside.length <= mostKeys) go((s) => ({ ...s, conditions: choose(s.conditions, key, inside.map((row) => String(row[key]))) }));
      else go((s) => ({ ...s, conditions: between(between(s.conditions, widget.x, rounded(left), rounded(right)), widget.y, rounded(bottom), rounded(top)) }));
    });
  };
  const names = widget.color === undefined ? [] : values.map((value, i) => ({ key: choiceKey(value), name: format.choice(value, color ?? {}), color: categoryColor(i) }));
  return (
    <Widget
      id={widget.id}
      kind="scatter"
      title={title}
      asked={asked}
      path={path}
      unreached={unreached}
      snapshot={snapshot}
      empty={rows.length === 0}
      image={() => imageOf(chart.current, palette().ground)}
      table={dataset && { columns: [...keys, widget.color, widget.x, widget.y].map((name) => fields?.get(name ?? '')).filter((f) => f !== undefined).map((f) => ({ name: f.name, label: label(f), doc: f })), rows: rows.slice(0, 200), keys }}
    >
      {() => (
        <div class="with-legend">
          <p class="legend-inline">
            {names.map(({ key: id, name, color: swatch }) => (
              <span key={id}><span class="swatch" style={{ background: swatch }} />{name}</span>
            ))}
            <span class="muted">{t.points(format.integer(drawn.length))}{rows.length > drawn.length && ` · ${t.notShown(format.integer(rows.length - drawn.length))}`}</span>
          </p>
          {option && <Chart option={option} renderer="canvas" handle={chart} onChart={onChart} label={`${t.named(`${x ? label(x) : ''} × ${y ? label(y) : ''}`, t.points(format.integer(drawn.length)))}. ${t.brushRange}.`} />}
        </div>
      )}
    </Widget>
  );
  function paramsOf(w: ScatterWidget, p: Page): [string, string][] {
    const source = p.dashboard.datasets.find((d) => d.name === w.dataset);
    const names = [...new Set([...(source?.key ?? []), w.x, w.y, ...(w.color === undefined ? [] : [w.color])])];
    return [['fields', names.join(',')], ['limit', String(Math.min(w.limit, source?.max_limit ?? w.limit))]];
  }
}

/** How many keys a URL may bear. */
const mostKeys = 500;

/** The only key of the dataset; undefined where it has several. */
function keyOf(widget: ScatterWidget, { dashboard }: Page): string | undefined {
  const [key, ...more] = datasetOf(dashboard, widget.dataset)?.key ?? [];
  return more.length > 0 ? undefined : key;
}

function within(value: Value | undefined, low: number, high: number): boolean {
  return typeof value === 'number' && value >= low && value <= high;
}

/** Only what is above 0 has a place on a logarithmic axis. */
function drawable(value: Value | undefined, log: boolean): boolean {
  return typeof value === 'number' && (!log || value > 0);
}

/** Bounds are sent with few digits: what is seen on the screen is no finer. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}

interface Drawing {
  widget: ScatterWidget;
  rows: Row[];
  x: Field;
  y: Field;
  color: Field | undefined;
  values: Choice[];
  keys: string[];
  /** Keys of the rows that the page is filtered by; none: all. */
  selected: Set<Choice>;
  page: Page;
}

const shapes = ['circle', 'triangle', 'rect', 'diamond', 'pin', 'arrow'];

function optionOf({ widget, rows, x, y, color, values, keys, selected, page }: Drawing): ChartOption {
  const { format, label } = page;
  const colors = palette();
  const axis = (field: Field, vertical: boolean): object => ({
    ...valueAxis(colors, (value) => format.compact(value, field)),
    type: widget.log?.includes(field.name) ? 'log' : 'value',
    name: label(field),
    nameLocation: 'middle',
    nameGap: vertical ? 40 : 22,
    nameTextStyle: axisText(colors),
    scale: true,
  });
  const groups = widget.color === undefined ? [undefined] : values;
  return {
    animation: false,
    grid: { left: 4, right: 12, top: 8, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'all' },
    xAxis: { ...axis(x, false), ...(x.format === 'percent' ? { min: 0, max: 1, interval: 0.25 } : {}) },
    yAxis: axis(y, true),
    brush: { xAxisIndex: 0, yAxisIndex: 0, brushStyle: { color: colors.soft, borderColor: colors.accent, borderWidth: 1 }, outOfBrush: { colorAlpha: 1 }, toolbox: [] },
    tooltip: {
      ...tooltip(colors),
      trigger: 'item',
      formatter: (param: unknown) => {
        const { value } = param as { value: [number, number, number] };
        const row = rows[value[2]];
        if (!row) return '';
        const lines: [string, string][] = [[label(x), format.exact(value[0], x)], [label(y), format.exact(value[1], y)]];
        if (color) lines.unshift([label(color), format.value(row[color.name], color)]);
        return tooltipRows(keys.map((name) => String(row[name])).join(', '), lines);
      },
    },
    series: groups.map((group) => {
      const index = group === undefined ? 0 : Math.max(0, values.indexOf(group));
      return {
        type: 'scatter',
        name: group === undefined ? '' : format.choice(group, color ?? {}),
        symbol: shapes[index % shapes.length] ?? 'circle',
        symbolSize: 5,
        large: false,
        itemStyle: { color: group === undefined ? colors.accent : colors.category(index), opacity: 0.6 },
        data: rows.flatMap((row, i) => (group === undefined || choiceOf(row[widget.color ?? '']) === group ? [{ value: [Number(row[widget.x]), Number(row[widget.y]), i], ...(selected.size > 0 && !selected.has(String(row[keys[0] ?? ''])) && { itemStyle: { opacity: 0.08 } }) }] : [])),
      };
    }),
  };
}
