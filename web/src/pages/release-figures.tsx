import type { Metric } from '../api/dashboard';
import { ChangeFigure } from '../components/change-figure';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { metricOf } from '../state/reach';
import { docIn, figureChange, type ReleaseItem } from './release-record';
import { Scroll } from './scroll';
import { useWords } from './use-words';

interface FiguresProps {
  before: ReleaseItem;
  after: ReleaseItem;
  asked: Parameters<typeof Widget>[0]['asked'];
  path: string;
}

/** The key figures of two releases side by side, each in the units of its release. */
export function ReleaseFigures({ before, after, asked, path }: FiguresProps) {
  const { t } = usePage();
  const words = useWords();
  return (
    <Widget id="figures" kind="rows" title={words.figures} asked={asked} path={path} unpinned files={null}>
      {() => (
        <Scroll name={words.figures}>
          <table class="data">
            <caption class="unseen">{words.figures}</caption>
            <thead>
              <tr>
                <th scope="col">{t.figure}</th>
                <th scope="col" class="number">{t.release(String(before.release))}</th>
                <th scope="col" class="number">{t.release(String(after.release))}</th>
                <th scope="col" class="number">{words.difference}</th>
                <th scope="col" class="number">{t.change}</th>
              </tr>
            </thead>
            <tbody>
              {Object.keys(after.figures).map((name) => <Figure key={name} name={name} before={before} after={after} />)}
            </tbody>
          </table>
        </Scroll>
      )}
    </Widget>
  );
}

function Figure({ name, before, after }: { name: string } & Pick<FiguresProps, 'before' | 'after'>) {
  const { dashboard, format, label } = usePage();
  const metric: Metric = metricOf(dashboard, name) ?? { name, dataset: '', formula: '' };
  const [old, value] = [before.figures[name], after.figures[name]];
  const [was, is] = format.apart(old, docIn(before, metric), value, docIn(after, metric));
  const comparable = typeof old === 'number' && typeof value === 'number' && before.units?.[name] === after.units?.[name];
  return (
    <tr data-key={name} class={was === is ? 'muted' : undefined}>
      <th scope="row">{label(metric)}</th>
      <td class="number" data-metric="before" data-value={old ?? ''}>{was}</td>
      <td class="number" data-metric="after" data-value={value ?? ''}>{is}</td>
      <td class="number" data-metric="difference" data-value={comparable ? value - old : ''}>{comparable ? format.difference(value - old, docIn(after, metric)) : '—'}</td>
      <td class="number"><ChangeFigure change={figureChange(after, before, name)} /></td>
    </tr>
  );
}
