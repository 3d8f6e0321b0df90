interface SparklineProps {
  values: (number | null)[];
  /** The last value is of a period that isn't over: its part of the line is dashed. */
  partial: boolean;
}

const width = 62;
const height = 26;
/** The last point has room for its ring. */
const inset = 3;

/** A small line of values; the figures are in the trend and in tables. */
export function Sparkline({ values, partial }: SparklineProps) {
  const known = values.map((value) => value ?? 0);
  const low = Math.min(...known, 0);
  const high = Math.max(...known, low + 1e-9);
  const points = known.map((value, i): [number, number] => [inset + (i / Math.max(1, known.length - 1)) * (width - 2 * inset), height - inset - ((value - low) / (high - low)) * (height - 2 * inset)]);
  const whole = partial && points.length > 1 ? points.slice(0, -1) : points;
  const last = points.at(-1);
  const line = (list: [number, number][]): string => list.map(([x, y]) => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`).join(' ');
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <polyline points={line(whole)} />
      {whole !== points && <polyline class="dashed" points={line(points.slice(-2))} />}
      {last && <circle cx={last[0]} cy={last[1]} r="2" class={whole === points ? undefined : 'hollow'} />}
    </svg>
  );
}
