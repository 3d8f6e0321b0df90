import { useEffect, useState } from 'preact/hooks';
import type { Rows } from '../api/answer';
import type { Dataset } from '../api/dashboard';
import { apiPath } from '../api/url';
import { usePage } from '../state/context';
import { choiceKey, choiceOf, choose, chosen, offers, toggle, type Choice } from '../state/condition';
import { datasetOf, fieldsOf } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';
import { Popover } from './popover';

interface ValuePickerProps {
  field: string;
  label: string;
  /** The field has too many values to list: the server finds them. */
  search: boolean;
  /** The dataset whose values are offered: the facts, unless another is given. */
  dataset?: Dataset;
}

/** Chooses values of a field of a dataset. */
export function ValuePicker({ field, label, search, dataset }: ValuePickerProps) {
  const { dashboard, state, t, format } = usePage();
  const values = chosen(state.conditions, field);
  const of = dataset ?? datasetOf(dashboard, dashboard.facts);
  const doc = (of && fieldsOf(of).get(field)) ?? {};
  const [first] = values;
  const text = first === undefined ? t.any : format.choice(first, doc) + (values.length > 1 ? ` ${t.and(String(values.length - 1))}` : '');
  return (
    <Popover name={label} label={text} active={values.length > 0} filter={field}>
      {() => <ValuePanel field={field} label={label} search={search} {...(dataset && { dataset })} />}
    </Popover>
  );
}

const listed = 200;
const foundAtOnce = 20;

interface Offered {
  value: Choice;
  rows?: number;
}

export function ValuePanel({ field, label, search, dataset }: ValuePickerProps) {
  const { client, dashboard, state, t, format, go, release } = usePage();
  const [typed, setTyped] = useState('');
  const q = useDelayed(typed, 150);
  const of = dataset ?? datasetOf(dashboard, dashboard.facts);
  const doc = of && fieldsOf(of).get(field);
  const path = !of || doc?.values ? undefined : apiPath(`datasets/${of.name}/values/${field}`, [...(q === '' || !search ? [] : [['q', q] as [string, string]]), ['limit', String(search ? foundAtOnce : listed)]]);
  const { answer, problem } = useAnswer<Rows>(client, path === undefined ? undefined : pinned(path, release.number));
  const values = chosen(state.conditions, field);
  const listedValues: Offered[] | undefined = doc?.values && [...doc.values, ...(doc.nullable ? [null] : [])].map((value) => ({ value }));
  const found: Offered[] | undefined = answer?.body.data.map((row) => ({ value: choiceOf(row['value']), rows: Number(row['count']) }));
  const offered = (listedValues ?? found ?? []).filter(({ value }) => offers(doc, value));
  const shown = search ? offered : offered.filter(({ value }) => plain(format.choice(value, doc ?? {})).includes(plain(typed)));
  const missing = typed === '' ? values.filter((value) => !shown.some((option) => option.value === value)) : [];
  const truncated = answer?.body.meta.truncated === true;
  return (
    <>
      {(!doc?.values || doc.values.length > 8) && (
        <input type="search" class="find" placeholder={t.find} aria-label={t.searchIn(label)} value={typed} maxLength={64} onInput={(e) => { setTyped(e.currentTarget.value); }} />
      )}
      {problem && <p class="hint">{problem.message || t.unreachable}</p>}
      <ul class="values" aria-label={label}>
        {[...missing.map((value) => ({ value, rows: undefined })), ...shown].map(({ value, rows }) => (
          <li key={choiceKey(value)}>
            <label class="option">
              <input type="checkbox" data-value={value ?? ''} data-null={value === null ? '' : undefined} checked={values.includes(value)} onChange={() => { go((s) => ({ ...s, conditions: toggle(s.conditions, field, value) })); }} />
              <span class={value === null ? 'muted' : undefined}>{format.choice(value, doc ?? {})}</span>
              {rows !== undefined && <span class="muted" title={t.rowsOf(format.integer(rows))}>{format.integer(rows)}</span>}
            </label>
          </li>
        ))}
      </ul>
      {shown.length === 0 && answer && <p class="hint" role="status">{t.noValue}</p>}
      {truncated && <p class="hint">{t.moreValues}</p>}
      {values.length > 0 && (
        <button type="button" class="plain" onClick={() => { go((s) => ({ ...s, conditions: choose(s.conditions, field, []) })); }}>
          {t.removeFilter(label)}
        </button>
      )}
    </>
  );
}

/** Lower case without accents, to find what is typed carelessly. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

export function useDelayed<T>(value: T, milliseconds: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setDelayed(value);
    }, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  }, [value, milliseconds]);
  return delayed;
}
