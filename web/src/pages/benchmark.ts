import type { Value } from '../api/answer';

// benchmark.json: results of engines at scales, made by whatever ran them. It is given to the server by its operator, so
// its shape is checked here: {"results": [{"engine": "polars", "scale": "1M", "task": "features", "seconds": 1.2, …}]},
// or the list alone. Every figure beside engine, scale and task is a measure, with its unit at the end of its name. What
// `goldserve benchmark` writes is of this shape: its scales are raw rows, its tasks the stages of a build.

export interface Result {
  engine: string;
  scale: string;
  task: string | undefined;
  measures: Record<string, number>;
}

export interface Benchmark {
  title: string | undefined;
  /** Whatever else is said of the run: machine, time, versions. */
  notes: [name: string, text: string][];
  results: Result[];
  /** In the order in which they are found. */
  engines: string[];
  scales: string[];
  tasks: string[];
  measures: string[];
}

/** Reads the results; throws an Error that says what is wrong, and where. */
export function parseBenchmark(json: unknown): Benchmark {
  const top: unknown = Array.isArray(json) ? { results: json } : json;
  if (!isObject(top)) throw new Error('expected an object with results, or a list of them');
  const list = top['results'];
  if (!Array.isArray(list) || list.length === 0) throw new Error('results: expected a list that is not empty');
  const results = list.map(parseResult);
  const notes = Object.entries(top)
    .filter(([name]) => name !== 'results' && name !== 'title')
    .map(([name, value]): [string, string] => [name, noteOf(value)])
    .filter(([, text]) => text !== '');
  return {
    title: typeof top['title'] === 'string' ? top['title'] : undefined,
    notes,
    results,
    engines: unique(results.map((result) => result.engine)),
    scales: byScale(unique(results.map((result) => result.scale))),
    tasks: unique(results.flatMap((result) => result.task ?? [])),
    measures: unique(results.flatMap((result) => Object.keys(result.measures))),
  };
}

/** A text of what is said of the run: of an object, such as versions, each name with its value; '' of what has none. */
function noteOf(value: unknown): string {
  if (isObject(value)) return Object.entries(value).map(([name, inner]) => `${name} ${isPlain(inner) ? String(inner) : ''}`.trim()).join(', ');
  return isPlain(value) ? String(value) : '';
}

function isPlain(value: unknown): value is Exclude<Value, null> {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function parseResult(item: unknown, i: number): Result {
  if (!isObject(item)) throw new Error(`results[${i}]: expected an object`);
  const { engine, scale, task, ...rest } = item;
  if (typeof engine !== 'string' || engine === '') throw new Error(`results[${i}].engine: expected the name of an engine`);
  if (typeof scale !== 'string' && typeof scale !== 'number') throw new Error(`results[${i}].scale: expected a number of rows or a text, such as 1M`);
  if (task !== undefined && typeof task !== 'string') throw new Error(`results[${i}].task: expected a text`);
  const measures: Record<string, number> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === 'number' && Number.isFinite(value)) measures[name] = value;
  }
  if (Object.keys(measures).length === 0) throw new Error(`results[${i}]: expected at least one figure, such as seconds`);
  return { engine, scale: String(scale), task, measures };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}

const sizes: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9, b: 1e9 };

/** Scales by their size where all of them say it: 50k, 1M, 2000000. */
function byScale(scales: string[]): string[] {
  const size = (scale: string): number => {
    const [, digits, letter] = /^([\d.]+)\s*([kmgb])?$/i.exec(scale.replace(/[\s_,]/g, '')) ?? [];
    return digits === undefined ? NaN : Number(digits) * (letter === undefined ? 1 : (sizes[letter.toLowerCase()] ?? NaN));
  };
  return scales.some((scale) => Number.isNaN(size(scale))) ? scales : [...scales].sort((a, b) => size(a) - size(b));
}

/** Whether more of a measure is better: a rate, not a time or a size. */
export function moreIsBetter(measure: string): boolean {
  return /(_per_|per_second|_rate|throughput|speedup)/.test(measure);
}

/** The unit at the end of a measure's name. */
export function unitOf(measure: string): string {
  const [, unit] = /(?:^|_)(seconds|s|ms|mb|gb|bytes|per_second)$/.exec(measure) ?? [];
  const units: Record<string, string> = { seconds: 's', s: 's', ms: 'ms', mb: 'MB', gb: 'GB', bytes: 'B', per_second: '/s' };
  return unit === undefined ? '' : (units[unit] ?? '');
}

/** The name of a measure without its unit, for readers. */
export function measureName(measure: string): string {
  return measure.replace(/_(seconds|s|ms|mb|gb|bytes|per_second)$/, '').replace(/_/g, ' ');
}

/** How many times as much as the best one a value is, or as little where more is better; undefined where that says nothing. */
export function timesOfBest(value: number, best: number, more: boolean): number | undefined {
  const [large, small] = more ? [best, value] : [value, best];
  return small > 0 && Number.isFinite(large / small) ? large / small : undefined;
}
