import type { ECharts } from 'echarts/core';
import { useMemo, useRef } from 'preact/hooks';
import type { Row } from '../api/answer';
import type { Doc, Metric, TrendWidget } from '../api/dashboard';
import { Chart, imageOf, type ChartOption } from '../charts/chart';
import { palette } from '../charts/palette';
import { categoryAxis, motion, tooltip, tooltipRows, valueAxis } from '../charts/parts';
import { ChangeFigure } from '../components/change-figure';
import { Widget } from '../components/widget';
import { usePage, type Page } from '../state/context';
import { between } from '../state/condition';
import { withOption } from '../state/page-state';
import { beforeBars, grainOf, grainOfAll, grainsOf, spanOfPeriod, type Grain } from '../state/grain';
import { spanOf } from '../state/period';
import { dataEnd, datasetOf, fieldsOf, hasHours, metricOf, takes, timeOf } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { barsOf, mostBars, number, time, type Bar } from './bars';
import { useTitle } from './title';

/** A metric over time, beside that of the compared span; dragging over bars sets the period. */
export function Trend({ widget }: { widget: TrendWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { dashboard, state, t, format, go, release, label, theme } = page;
  const chart = useRef<ECharts | null>(null);
  const metric = metricOf(dashboard, widget.metric) ?? { name: widget.metric, dataset: widget.dataset, formula: '' };
  const dataset = datasetOf(dashboard, widget.dataset);
  // The period is of the field that the model's time comes from: bars by another field have no edges of their own.
  const main = widget.field === timeOf(dashboard) && dataset !== undefined && takes(dataset, { field: widget.field, operator: 'gte', values: [] }, true);
  const span = main ? spanOf(state.period, release.asOf) : undefined;
  const hours = hasHours(dashboard, release.asOf);
  const usual = span ? grainOf(span, hours) : main ? grainOfAll(dashboard.covers, hours) : 'month';
  const offered = grainsOf(dataset && fieldsOf(dataset).get(widget.field)?.type, span ?? (main ? dashboard.covers : undefined));
  const chosenGrain = state.options[`${widget.id}.grain`];
  const grain = offered.find((g) => g === chosenGrain) ?? usual;
  const measures: [string, string][] = [['group_by', `${time}:${widget.field}.${grain}`], ['measures', widget.metric], ['limit', mostBars]];
  const current = useDataset(widget.dataset, { aggregate: true, params: state.compare === 'off' ? measures : [...measures, ['compare', state.compare]] });
  // Last year's figure comes with each bar; the span before this one is a question of its own.
  const earlierSpan = span && state.compare === 'previous' ? beforeBars(span, grain, dataEnd(dashboard, release.asOf)) : undefined;
  const earlier = useDataset(widget.dataset, { aggregate: true, params: measures, off: earlierSpan === undefined, ...(earlierSpan && { span: earlierSpan }) });

  const body = current.asked.answer?.body;
  const data = useMemo(() => (body ? barsOf({ rows: body.data, span, grain, metric, compare: state.compare, earlier: earlierSpan && { span: earlierSpan, rows: earlier.asked.answer?.body.data ?? [] }, partial: body.meta.partial ?? [], data: main ? dashboard.covers : undefined, times: body.meta.compared }) : []),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- spans are made anew from the state on each render
    [body, earlier.asked.answer, state.period, state.compare, grain, metric.name, release.asOf]);
  // Against the bar beside it, a line would say nothing new.
  const shown = (earlierSpan !== undefined || state.compare === 'year') && data.some((bar) => bar.compared !== null);
  const option = useMemo(() => optionOf(data, metric, grain, shown, page), [data, metric.name, grain, shown, theme, format]); // eslint-disable-line react-hooks/exhaustive-deps -- of the page, only these are drawn
  const first = data[0];
  const last = data.at(-1);
  const cut = data.filter((bar) => bar.partial);

  const select = (from: number, to: number): void => {
    const [start, end] = [data[from], data[to]];
    if (!start || !end) return;
    const chosen = { from: spanOfPeriod(start.period, grain).from.slice(0, 10), to: spanOfPeriod(end.period, grain).to.slice(0, 10) };
    if (!main) {
      if (dataset && takes(dataset, { field: widget.field, operator: 'lte', values: [] })) go((s) => ({ ...s, conditions: between(s.conditions, widget.field, chosen.from, chosen.to) }));
      return;
    }
    const asOf = release.asOf.slice(0, 10);
    const within = { from: span && chosen.from < span.from ? span.from : chosen.from, to: [chosen.to, asOf, span?.to ?? asOf].sort()[0] ?? asOf };
    go((s) => ({ ...s, period: { type: 'span', ...within } }));
  };
  const onChart = (made: ECharts): void => {
    made.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'lineX', brushMode: 'single' } });
    made.off('brushEnd');
    made.on('brushEnd', (event) => {
      const range = (event as { areas?: { coordRange?: [number, number] }[] }).areas?.[0]?.coordRange;
      if (!range) return;
      made.dispatchAction({ type: 'brush', areas: [] });
      select(Math.max(0, range[0]), Math.min(data.length - 1, range[1]));
    });
    made.getZr().off('click');
    made.getZr().on('click', ({ offsetX, offsetY }) => {
      const at = made.convertFromPixel({ xAxisIndex: 0 }, offsetX);
      if (made.containPixel('grid', [offsetX, offsetY]) && data.length > 1) select(at, at);
    });
  };
  const compareLabel = earlierSpan ? format.span(earlierSpan) : t.compareYear;
  return (
    <Widget
      id={widget.id}
      kind="trend"
      title={title}
      asked={current.asked}
      path={current.path}
      unreached={current.unreached}
      empty={data.length === 0}
      partial={data.some((bar) => bar.partial)}
      image={() => imageOf(chart.current, palette().ground)}
      table={{
        columns: [
          { name: time, label: t.grains[grain], doc: { format: formats[grain] } },
          { name: metric.name, label: label(metric), doc: metric },
          ...(state.compare === 'off' ? [] : [{ name: 'compared', label: earlierSpan || state.compare === 'year' ? compareLabel : t.comparePrevious, doc: metric }, { name: 'change', label: t.change, doc: { format: 'percent' as const }, cell: (row: Row) => format.change(number(row['change'])) }]),
        ],
        rows: data.map((bar) => ({ [time]: bar.period, [metric.name]: bar.value, compared: bar.compared, change: bar.change })),
        keys: [time],
      }}
      aside={
        <span class="aside">
          {cut.length > 0 && (
            <span data-partial-span={cut.map((bar) => `${bar.span.from}..${bar.span.to}`).join(' ')}>
              <span class="legend-hatch" />
              {cut.map((bar) => edge(bar, grain, page, last)).join(' · ')}
              {last?.partial && last.change !== null && last.against && <>{t.colon}<ChangeFigure change={last.change} /> {t.against(format.span(last.against, last.span))}</>}
            </span>
          )}
          {shown && <span class="legend-line">{compareLabel}</span>}
          {!shown && earlierSpan && earlier.asked.answer && <span class="muted">{t.noEarlier(format.span(earlierSpan))}</span>}
          <GrainPicker grains={offered} grain={grain} onPick={(g) => { go((s) => withOption(s, widget.id, 'grain', g === usual ? '' : g), { replace: true }); }} />
        </span>
      }
    >
      {() => (
        <Chart
          option={option}
          handle={chart}
          onChart={onChart}
          label={`${t.named(label(metric), t.bars(format.integer(data.length), first ? format.period(first.period, grain) : '', last ? format.period(last.period, grain) : ''))}. ${t.brushHint}.`}
        />
      )}
    </Widget>
  );
}

/** How the names of periods are written in a table. */
const formats: Record<Grain, NonNullable<Doc['format']>> = { hour: 'datetime', day: 'date', week: 'date', month: 'month', quarter: 'quarter', year: 'year', fiscal_quarter: 'text', fiscal_year: 'text' };

/** As many grains stand beside each other; more are in a list. */
const mostBeside = 5;

function GrainPicker({ grains, grain, onPick }: { grains: Grain[]; grain: Grain; onPick: (grain: Grain) => void }) {
  const { t } = usePage();
  if (grains.length > mostBeside) {
    return (
      <select class="grain" aria-label={t.grain} value={grain} onChange={(e) => { const picked = grains.find((g) => g === e.currentTarget.value); if (picked) onPick(picked); }}>
        {grains.map((g) => <option key={g} value={g}>{t.grains[g]}</option>)}
      </select>
    );
  }
  return (
    <span class="segmented" role="group" aria-label={t.grain}>
      {grains.map((g) => <button type="button" key={g} aria-pressed={g === grain} onClick={() => { onPick(g); }}>{t.grains[g]}</button>)}
    </span>
  );
}

/** Which part of its period a bar is of: from 15 Mar, to 9 Dec, 12:50. */
function edge({ period, span }: Bar, grain: Grain, { t, format }: Page, last?: Bar): string {
  const days = spanOfPeriod(period, grain);
  if (span.from === days.from && span.to === days.to) return t.unfinished;
  if (span.from === days.from) return t.partial(format.end(span.to));
  return span.to === days.to ? t.partialFrom(last?.period.slice(0, 4) === period.slice(0, 4) ? format.dayOfYear(span.from) : format.day(span.from)) : format.span(span, span);
}

function optionOf(data: Bar[], metric: Metric, grain: Grain, line: boolean, page: Page): ChartOption {
  const { t, format, label } = page;
  const colors = palette();
  // Zeros alone would be hidden by the axis, which would have marks of its own making.
  const none = data.every((bar) => !bar.value && !bar.compared);
  return {
    animation: motion(),
    animationDuration: 250,
    aria: { enabled: true, label: { enabled: false }, decal: { show: true, decals: [{ symbol: 'none' }] } },
    grid: { left: 4, right: 8, top: 10, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: categoryAxis(colors, data.map((bar) => format.period(bar.period, grain))),
    yAxis: none ? { ...valueAxis(colors, (value) => (value === 0 ? format.compact(0, metric) : '')), min: 0, max: 1, interval: 1 } : valueAxis(colors, (value) => format.compact(value, metric)),
    brush: { xAxisIndex: 0, brushStyle: { color: colors.soft, borderColor: colors.accent, borderWidth: 1 }, outOfBrush: { colorAlpha: 1 }, toolbox: [] },
    tooltip: {
      ...tooltip(colors),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: colors.line, opacity: 0.4 } },
      formatter: (params: unknown) => {
        const bar = data[(params as { dataIndex: number }[])[0]?.dataIndex ?? -1];
        if (!bar) return '';
        const title = format.wholePeriod(bar.period, grain);
        const rows: [string, string][] = [[label(metric), format.exact(bar.value, metric)]];
        if (bar.compared !== null && bar.against) rows.push([grain === 'hour' ? format.instant(bar.against.from) : format.span(bar.against), format.exact(bar.compared, metric)]);
        if (bar.change !== null) rows.push([t.change, format.change(bar.change)]);
        return tooltipRows(bar.partial ? `${title} (${edge(bar, grain, page)})` : title, rows);
      },
    },
    series: [
      {
        type: 'bar',
        name: label(metric),
        barMaxWidth: 56,
        barMinHeight: none ? 2 : 0,
        barCategoryGap: '22%',
        itemStyle: { color: colors.accent, borderRadius: [2, 2, 0, 0] },
        data: data.map((bar) =>
          bar.partial
            ? {
                value: bar.value,
                itemStyle: { color: colors.soft, borderColor: colors.accent, decal: { symbol: 'rect', color: colors.accent, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 } },
              }
            : { value: bar.value },
        ),
      },
      {
        type: 'line',
        name: t.compared,
        data: line ? data.map((bar) => bar.compared) : [],
        symbol: 'circle',
        symbolSize: 4,
        itemStyle: { color: colors.text },
        lineStyle: { width: 1.5, color: colors.text },
        silent: true,
      },
    ],
  };
}
