import { useState } from 'preact/hooks';
import type { Meta } from '../api/answer';
import { apiPath } from '../api/url';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { useAnswer } from '../state/use-answer';
import { pairPage, type Pair } from './release-diff';
import type { ReleaseItem } from './release-record';
import { useWords } from './use-words';

/** So many of the newest releases are offered; the address names any other. */
const offered = '200';

/** Two releases to compare: without a pair, the newest one and the one before. */
export function ReleaseChooser({ pair }: { pair?: Pair }) {
  const { client, t, format, go } = usePage();
  const words = useWords();
  const [picked, setPicked] = useState<Partial<Pair>>({});
  const asked = useAnswer<{ data: ReleaseItem[]; meta: Meta }>(client, apiPath('releases', [['limit', offered]]));
  const items = (asked.answer?.body.data ?? []).filter((item) => !item.pruned);
  if (!pair && items.length < 2) return null;
  const [newest, previous] = items.filter((item) => !item.withdrawn);
  const chosen: Pair = { from: previous?.release ?? 0, to: newest?.release ?? 0, ...pair, ...picked };
  const select = (name: keyof Pair, label: string) => (
    <label class="control select">
      <span class="control-name">{label}</span>{' '}
      <select name={name} value={chosen[name]} onChange={(e) => { setPicked({ ...picked, [name]: Number(e.currentTarget.value) }); }}>
        {!items.some((item) => item.release === chosen[name]) && <option value={chosen[name]}>{t.release(String(chosen[name]))}</option>}
        {items.map((item) => <option key={item.release} value={item.release}>{t.release(String(item.release))} · {format.instant(item.published_at)}</option>)}
      </select>
    </label>
  );
  return (
    <form
      class="compare"
      aria-label={words.compareTwo}
      onSubmit={(event) => {
        event.preventDefault();
        go((s) => withOption({ ...s, page: pairPage(chosen) }, 'diff', 'skip', ''));
      }}
    >
      {select('from', words.compare)}
      {select('to', words.compareWith)}
      <button type="submit" class="primary" data-action="compare">{words.compareThem}</button>
    </form>
  );
}
