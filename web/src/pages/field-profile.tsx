import { useEffect } from 'preact/hooks';
import type { Rows } from '../api/answer';
import type { Dataset, Field } from '../api/dashboard';
import { ProblemNotice, Skeleton } from '../components/notice';
import { usePage } from '../state/context';
import { settle } from '../state/settled';
import { pinned, useAnswer } from '../state/use-answer';
import { binName } from '../widgets/bins';
import { extentOf, extentPath, profileOf, profilePath, type Extent, type Part } from './profile';
import { useWords } from './use-words';

interface FieldProfileProps {
  dataset: Dataset;
  field: Field;
}

const nowhere: Extent = { low: null, high: null, median: null };

/** What a field holds: how much is missing, how much differs, and how its values are spread. */
export function FieldProfile({ dataset, field }: FieldProfileProps) {
  const { client, release, format, label, t } = usePage();
  const words = useWords();
  const extentAt = extentPath(dataset.name, dataset.fields, dataset.key, field.name);
  const extents = useAnswer<Rows>(client, extentAt && pinned(extentAt, release.number));
  const row = extents.answer?.body.data[0];
  const extent = extentAt === undefined ? nowhere : row && extentOf(row, dataset.fields, field.name);
  const path = extent && profilePath(dataset.name, field, extent);
  const parts = useAnswer<Rows>(client, path && pinned(path, release.number));
  const problem = extents.problem ?? parts.problem;
  const status = problem ? 'error' : parts.answer ? 'ready' : 'loading';
  useEffect(settle, [status]);
  if (problem) return <div class="profile" data-profile={field.name} data-state={status}><ProblemNotice problem={problem} retry={() => { extents.retry(); parts.retry(); }} /></div>;
  if (!parts.answer || !extent) return <div class="profile" data-profile={field.name} data-state={status}><Skeleton /></div>;
  const profile = profileOf(parts.answer.body, field);
  const most = Math.max(...profile.parts.map((part) => part.count), 1);
  const name = (part: Part): string => (typeof part.value === 'string' && /^(\[|<|>=)/.test(part.value) && field.type !== 'text' ? binName(part.value, format) : format.value(part.value, field.type === 'date' || field.type === 'time' ? { format: 'date' } : field));
  const title = words.profileOf(label(field));
  const figure = field.type === 'int' || field.type === 'double' || field.type === 'decimal';
  return (
    <div class="profile" data-profile={field.name} data-state={status}>
      <dl class="figures">
        <Figure name={words.nulls} metric="nulls" value={profile.nulls} text={profile.nulls === undefined ? '—' : `${format.integer(profile.nulls)} (${format.share(profile.nulls / profile.rows)})`} />
        <Figure name={words.distinct} metric="distinct" value={profile.distinct} text={format.integer(profile.distinct)} />
        {extent.low !== null && <Figure name={words.min} metric="min" value={extent.low} text={format.value(extent.low, field)} />}
        {extent.high !== null && <Figure name={words.max} metric="max" value={extent.high} text={format.value(extent.high, field)} />}
        {figure && profile.mean !== null && extent.median !== null && <Figure name={words.mean} metric="mean" value={profile.mean} text={format.value(profile.mean, { ...field, format: field.format === 'integer' ? 'number' : field.format ?? 'number' })} />}
        {extent.median !== null && <Figure name={words.median} metric="median" value={extent.median} text={format.value(extent.median, { ...field, format: field.format === 'integer' ? 'number' : field.format ?? 'number' })} />}
      </dl>
      <table class="data parts">
        <caption class={profile.cut ? 'muted' : 'unseen'}>{profile.cut ? words.frequent(format.integer(profile.parts.length)) : title}</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">{words.value}</th>
            <th scope="col">{words.rows}</th>
            <th scope="col">{words.share}</th>
          </tr>
        </thead>
        <tbody>
          {profile.parts.map((part) => (
            <tr key={String(part.value)} data-key={String(part.value)}>
              <th scope="row" title={String(part.value)}>{name(part)}</th>
              <td class="number" data-metric="rows" data-value={part.count} title={t.rowsOf(format.integer(part.count))}>{format.integer(part.count)}</td>
              <td class="part-bar"><span class="rank-bar" aria-hidden="true"><span style={{ width: `${(part.count / most) * 100}%` }} /></span><span>{format.share(part.count / profile.rows)}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface FigureProps {
  name: string;
  metric: string;
  value: string | number | boolean | undefined;
  text: string;
}

function Figure({ name, metric, value, text }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-metric={metric} data-value={value ?? ''}>{text}</dd>
    </div>
  );
}
