import type { Meta } from '../api/answer';
import type { Problem } from '../api/problem';
import { usePage } from '../state/context';

/** Of these the same question has the same answer again. */
const lasting: ReadonlySet<number> = new Set([400, 404, 410]);

/** What went wrong, in the server's words, and how to go on. */
export function ProblemNotice({ problem, retry }: { problem: Problem; retry: () => void }) {
  const { t } = usePage();
  return (
    <div class="notice problem" role="alert">
      <p class="notice-title">{problem.status === 0 ? t.unreachable : t.failed}</p>
      {problem.message !== '' && <p>{problem.message}</p>}
      {problem.requestID !== undefined && <p class="muted">{t.requestID(problem.requestID)}</p>}
      {!lasting.has(problem.status) && <button type="button" class="primary" data-action="retry" onClick={retry}>{t.retry}</button>}
    </div>
  );
}

/** No rows for these filters. */
export function EmptyNotice({ hints }: { hints: Meta['hints'] | undefined }) {
  const { t, go, state } = usePage();
  const filtered = state.conditions.length > 0 || state.period.type !== 'all';
  return (
    <div class="notice">
      <p class="notice-title">{filtered ? t.empty : t.noRows}</p>
      {hints?.map(({ parameter, value, did_you_mean: nearest }) => (
        <button
          type="button"
          key={parameter}
          class="plain"
          data-action="did-you-mean"
          onClick={() => { go((s) => ({ ...s, conditions: s.conditions.map((c) => ({ ...c, values: c.values.map((v) => (v === value && parameter.split('__')[0] === c.field ? nearest : v)) })) })); }}
        >
          {t.emptyHint(nearest)}
        </button>
      ))}
    </div>
  );
}

/** Filters that do not reach figures, which are therefore not shown; each can be taken away. */
export function UnreachedNotice({ fields }: { fields: { name: string; label: string }[] }) {
  const { t, format, go, dashboard } = usePage();
  return (
    <div class="notice">
      <p>{t.unreachedLong(format.list(fields.map((field) => field.label)))}</p>
      {fields.map((field) => (
        <button type="button" key={field.name} class="plain" onClick={() => { go((s) => ({ ...s, conditions: s.conditions.filter((c) => c.field !== field.name), period: field.name === dashboard.as_of_field ? { type: 'all' } : s.period })); }}>
          {t.removeFilter(field.label)}
        </button>
      ))}
    </div>
  );
}

export function Skeleton() {
  const { t } = usePage();
  return (
    <div class="skeleton" role="status" aria-label={t.loading}>
      <span />
      <span />
      <span />
      <span />
    </div>
  );
}
