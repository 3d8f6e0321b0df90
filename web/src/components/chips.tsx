import type { Value } from '../api/answer';
import type { Condition } from '../state/condition';
import { usePage } from '../state/context';
import { fieldOf } from '../state/reach';

/** What the page is filtered by, one chip for each field; × takes it away. */
export function Chips({ period: withPeriod = true }: { period?: boolean }) {
  const { dashboard, state, t, format, label, go } = usePage();
  const fields = [...new Set(state.conditions.map((c) => c.field))];
  const period = state.period;
  return (
    <ul class="chips" aria-live="polite">
      {withPeriod && period.type !== 'all' && (
        <Chip key=" period" field="period" text={period.type === 'span' ? format.span(period) : t[period.type]} onRemove={() => { go((s) => ({ ...s, period: { type: 'all' } })); }} />
      )}
      {fields.map((name) => {
        const field = fieldOf(dashboard, name);
        const missing = { none: t.noneOf, some: t.someOf };
        const write = (value: string): string => {
          const number: Value = field && (field.type === 'int' || field.type === 'double') ? Number(value) : value;
          return format.value(number, field ?? {}, 'short');
        };
        const text = t.named(field ? label(field) : name, describe(state.conditions.filter((c) => c.field === name), write, missing, (count) => t.selected(format.integer(count))));
        return <Chip key={name} field={name} text={text} onRemove={() => { go((s) => ({ ...s, conditions: s.conditions.filter((c) => c.field !== name) })); }} />;
      })}
    </ul>
  );
}

function Chip({ field, text, onRemove }: { field: string; text: string; onRemove: () => void }) {
  const { t } = usePage();
  return (
    <li class="chip" data-chip={field}>
      <span title={text}>{text}</span>
      <button type="button" aria-label={t.remove(text)} onClick={onRemove}>×</button>
    </li>
  );
}

const signs: Record<Condition['operator'], string> = { eq: '', in: '', ne: '≠ ', nin: '≠ ', gt: '> ', gte: '≥ ', lt: '< ', lte: '≤ ', contains: '… ', startswith: '', isnull: '' };

function describe(conditions: Condition[], write: (value: string) => string, missing: { none: string; some: string }, many: (count: number) => string): string {
  const low = conditions.find((c) => c.operator === 'gte')?.values[0];
  const high = conditions.find((c) => c.operator === 'lte')?.values[0];
  if (low !== undefined && high !== undefined && conditions.length === 2) return `${write(low)} – ${write(high)}`;
  return conditions
    .map((c) => {
      if (c.operator === 'isnull') return c.values[0] === 'true' ? missing.none : missing.some;
      const [first = '', second] = c.values;
      if (c.values.length > 6) return signs[c.operator] + many(c.values.length);
      const more = c.values.length > 2 ? ` +${c.values.length - 2}` : '';
      return signs[c.operator] + write(first) + (second === undefined ? '' : `, ${write(second)}`) + more;
    })
    .join(', ');
}
