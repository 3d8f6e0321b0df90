import { useEffect, useMemo } from 'preact/hooks';
import type { Answer } from '../api/client';
import { Problem } from '../api/problem';
import { categoryColor } from '../charts/palette';
import { ProblemNotice, Skeleton } from '../components/notice';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { settle } from '../state/settled';
import { useAnswer } from '../state/use-answer';
import { measureName, moreIsBetter, parseBenchmark, timesOfBest, unitOf, type Benchmark } from './benchmark';
import { Scroll } from './scroll';
import { useWords } from './use-words';

/** The results of a benchmark that the server was given: engines side by side at each scale. */
export function BenchmarkPage() {
  const { client, t } = usePage();
  const words = useWords();
  const asked = useAnswer<unknown>(client, new URL('benchmark.json', document.baseURI).href);
  const answer: Answer<unknown> | undefined = asked.answer;
  const read = useMemo(() => (answer ? parse(answer.body) : undefined), [answer]);
  const status = asked.problem || read instanceof Error ? 'error' : read ? 'ready' : 'loading';
  useEffect(settle, [status]);
  return (
    <>
      <h1>{read && !(read instanceof Error) && read.title !== undefined ? read.title : t.benchmark}</h1>
      <div data-widget="benchmark" data-state={status}>
        {asked.problem ? (
          <ProblemNotice problem={asked.problem} retry={asked.retry} />
        ) : read instanceof Error ? (
          <ProblemNotice problem={new Problem(200, 'invalid', words.unreadable(read.message))} retry={asked.retry} />
        ) : read ? (
          <Results benchmark={read} />
        ) : (
          <div class="widget"><Skeleton /></div>
        )}
      </div>
    </>
  );
}

function parse(body: unknown): Benchmark | Error {
  try {
    return parseBenchmark(body);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The name of a scale: a number is one of rows. */
function useScaleName(): (scale: string) => string {
  const { t, format } = usePage();
  const words = useWords();
  return (scale) => (/^\d+$/.test(scale) ? t.rowsOf(format.integer(Number(scale))) : `${words.scale} ${scale}`);
}

function Results({ benchmark }: { benchmark: Benchmark }) {
  const { state, go, format } = usePage();
  const words = useWords();
  const { engines, scales, tasks, measures, notes } = benchmark;
  const measure = measures.find((name) => name === state.options['benchmark.measure']) ?? measures[0] ?? '';
  return (
    <div class="sections">
      {notes.length > 0 && (
        <dl class="figures">
          {notes.map(([name, text]) => <div key={name}><dt>{measureName(name)}</dt><dd data-note={name}>{instant.test(text) ? format.instant(text) : text}</dd></div>)}
        </dl>
      )}
      <section class="widget" aria-label={words.measure}>
        <header>
          <h2>{words.measure}</h2>
          <span class="segmented" role="group" aria-label={words.measure}>
            {measures.map((name) => (
              <button type="button" key={name} data-measure={name} aria-pressed={name === measure} onClick={() => { go((s) => withOption(s, 'benchmark', 'measure', name === measures[0] ? '' : name), { replace: true }); }}>{measureName(name)} {unitOf(name) && `(${unitOf(name)})`}</button>
            ))}
          </span>
          <span class="aside">
            {engines.map((engine, i) => <span key={engine}><span class="swatch" style={{ background: categoryColor(i) }} />{engine}</span>)}
          </span>
        </header>
        <div class="benchmark-bars">
          {(tasks.length > 0 ? tasks : [undefined]).flatMap((task) => scales.map((scale) => <Bars key={`${task ?? ''} ${scale}`} benchmark={benchmark} task={task} scale={scale} measure={measure} />))}
        </div>
      </section>
      <ResultTable benchmark={benchmark} />
    </div>
  );
}

interface BarsProps {
  benchmark: Benchmark;
  task: string | undefined;
  scale: string;
  measure: string;
}

/** One measure of every engine at one scale. */
function Bars({ benchmark, task, scale, measure }: BarsProps) {
  const { format } = usePage();
  const words = useWords();
  const nameOf = useScaleName();
  const found = benchmark.results.filter((result) => result.task === task && result.scale === scale && measure in result.measures);
  if (found.length === 0) return null;
  const values = found.map((result) => result.measures[measure] ?? 0);
  const most = Math.max(...values, 0);
  const best = moreIsBetter(measure) ? most : Math.min(...values);
  return (
    <table class="data parts" data-scale={scale}>
      <caption>{task !== undefined && `${task} · `}{nameOf(scale)}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">{words.engine}</th>
          <th scope="col">{measureName(measure)}</th>
          <th scope="col">{words.share}</th>
        </tr>
      </thead>
      <tbody>
        {found.map((result) => {
          const value = result.measures[measure] ?? 0;
          const times = timesOfBest(value, best, moreIsBetter(measure));
          return (
            <tr key={result.engine} data-key={result.engine}>
              <th scope="row">{result.engine}</th>
              <td class="number" data-metric={measure} data-value={value}>{format.exact(value, { format: 'number' })} {unitOf(measure)}</td>
              <td class="part-bar">
                <span class="rank-bar" aria-hidden="true"><span style={{ width: `${most > 0 ? Math.max(0, value / most) * 100 : 0}%`, background: categoryColor(benchmark.engines.indexOf(result.engine)) }} /></span>
                <span>{found.length > 1 && (value === best ? words.fastest : times !== undefined && `${format.exact(Number(times.toPrecision(2)), { format: 'number' })} ×`)}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function ResultTable({ benchmark }: { benchmark: Benchmark }) {
  const { format } = usePage();
  const words = useWords();
  const { results, measures, tasks } = benchmark;
  return (
    <section class="widget rows" aria-labelledby="results-title">
      <header><h2 id="results-title">{words.results}</h2></header>
      <Scroll name={words.results}>
        <table class="data">
          <caption class="unseen">{words.results}</caption>
          <thead>
            <tr>
              <th scope="col">{words.engine}</th>
              {tasks.length > 0 && <th scope="col">{words.task}</th>}
              <th scope="col" class="number">{words.scale}</th>
              {measures.map((measure) => <th key={measure} scope="col" class="number">{measureName(measure)} {unitOf(measure) && `(${unitOf(measure)})`}</th>)}
            </tr>
          </thead>
          <tbody>
            {results.map((result, i) => (
              <tr key={i} data-key={`${result.engine},${result.scale}`}>
                <th scope="row">{result.engine}</th>
                {tasks.length > 0 && <td>{result.task}</td>}
                <td class="number">{/^\d+$/.test(result.scale) ? format.integer(Number(result.scale)) : result.scale}</td>
                {measures.map((measure) => <td key={measure} class="number" data-metric={measure} data-value={result.measures[measure] ?? ''}>{measure in result.measures ? format.exact(result.measures[measure], { format: 'number' }) : '—'}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
