import type { ECharts } from 'echarts/core';
import type { BarSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type { AriaComponentOption, BrushComponentOption, GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { settle } from '../state/settled';

export type ChartOption = ComposeOption<AriaComponentOption | BarSeriesOption | BrushComponentOption | GridComponentOption | LineSeriesOption | ScatterSeriesOption | TooltipComponentOption>;

interface ChartProps {
  option: ChartOption;
  /** What the chart shows, for those who don't see it; its figures are in the table. */
  label: string;
  /** Canvas for thousands of points; else SVG. */
  renderer?: 'svg' | 'canvas';
  /** Called with each new instance, to listen to it. */
  onChart?: (chart: ECharts) => void;
  /** Where the instance is kept, for its image. */
  handle?: RefObject<ECharts | null>;
}

/** Draws an option with ECharts, as large as its box. */
export function Chart({ option, label, renderer = 'svg', onChart, handle }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const ready = useRef(onChart);
  ready.current = onChart;
  const latest = useRef(option);
  latest.current = option;
  const [state, setState] = useState<'loading' | 'ready' | 'error'>('loading');
  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | undefined;
    const open = async (): Promise<void> => {
      const { init } = await import('./charts');
      if (gone || !box.current) return;
      const made = init(box.current, null, { renderer });
      chart.current = made;
      if (handle) handle.current = made;
      made.setOption(latest.current, { notMerge: true });
      ready.current?.(made);
      observer = new ResizeObserver(() => { made.resize(); });
      observer.observe(box.current);
      setState('ready');
    };
    open().catch(() => {
      setState('error');
    });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = null;
      if (handle) handle.current = null;
    };
  }, [renderer, handle]);
  useEffect(() => {
    if (!chart.current) return;
    chart.current.setOption(option, { notMerge: true });
    ready.current?.(chart.current);
  }, [option]);
  useEffect(settle, [state]);
  return <div class="chart" ref={box} role="img" aria-label={label} data-chart={state} />;
}

/** The chart as a PNG (data URL), at twice its size, on the page's own ground. */
export async function imageOf(chart: ECharts | null, ground: string): Promise<string | undefined> {
  if (!chart) return undefined;
  const url = chart.getDataURL({ type: chart.getZr().painter.getType() === 'svg' ? 'svg' : 'png', pixelRatio: 2, backgroundColor: ground });
  if (!url.startsWith('data:image/svg')) return url;
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = chart.getWidth() * 2;
  canvas.height = chart.getHeight() * 2;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png');
}
