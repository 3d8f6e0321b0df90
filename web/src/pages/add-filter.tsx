import { useId, useState } from 'preact/hooks';
import type { Dataset, Field } from '../api/dashboard';
import { Popover } from '../components/popover';
import { ValuePanel } from '../components/value-picker';
import type { Condition, Operator } from '../state/condition';
import { usePage } from '../state/context';
import { rowFields } from '../state/reach';
import { useWords } from './use-words';

/** A filter by any field of a dataset, with what the contract allows of it: values, a range, a part of a text. */
export function AddFilter({ dataset, without }: { dataset: Dataset; without: string[] }) {
  const words = useWords();
  const fields = rowFields(dataset).filter((field) => field.filters.length > 0 && !without.includes(field.name));
  const { label } = usePage();
  const [chosen, setChosen] = useState<string>();
  const field = fields.find(({ name }) => name === chosen) ?? fields.find((f) => isRange(f)) ?? fields[0];
  const id = useId();
  if (!field) return null;
  return (
    <Popover name={words.addFilter} label="+" filter="add">
      {(close) => (
        <>
          <label class="filter-field" for={id}>{words.field}</label>
          <select id={id} name="field" value={field.name} onChange={(e) => { setChosen(e.currentTarget.value); }}>
            {fields.map((f) => <option key={f.name} value={f.name}>{label(f)}</option>)}
          </select>
          <FilterForm key={field.name} dataset={dataset} field={field} close={close} />
        </>
      )}
    </Popover>
  );
}

interface FilterFormProps {
  dataset: Dataset;
  field: Field;
  close: () => void;
}

function FilterForm({ dataset, field, close }: FilterFormProps) {
  const { state, go, pick, t, label } = usePage();
  const words = useWords();
  const has = (operator: Operator): boolean => field.filters.includes(operator);
  const of = (operator: Operator): string => toInput(field, state.conditions.find((c) => c.field === field.name && c.operator === operator)?.values[0]);
  const type = field.type === 'date' || field.type === 'time' ? 'date' : isFigure(field) ? 'number' : 'text';
  const input = (operator: Operator, text: string) => {
    const attributes = { name: operator, defaultValue: of(operator) };
    return (
      <label>
        {text} {type === 'date' ? <input {...attributes} type="date" /> : type === 'number' ? <input {...attributes} type="number" step="any" /> : <input {...attributes} type="text" maxLength={64} placeholder={examples[field.format ?? 'text']} />}
      </label>
    );
  };
  // What is chosen from a list applies at once; the rest with its button.
  const listed = !isRange(field) && has('in') && field.type === 'text';
  return (
    <>
      {field.description && <p class="hint">{pick(field.description)}</p>}
      {listed && <ValuePanel field={field.name} label={label(field)} search={!field.values} dataset={dataset} />}
      {(!listed || has('isnull')) && (
        <form
          class="span-form"
          onSubmit={(event) => {
            event.preventDefault();
            const conditions = readConditions(field, new FormData(event.currentTarget));
            go((s) => ({ ...s, conditions: [...s.conditions.filter((c) => c.field !== field.name || (listed && c.operator !== 'isnull')), ...conditions] }));
            close();
          }}
        >
          {isRange(field) ? (
            <>
              {input('gte', words.least + (field.format === 'percent' ? ' (%)' : ''))}
              {input('lte', words.most + (field.format === 'percent' ? ' (%)' : ''))}
            </>
          ) : listed ? null : field.type === 'bool' ? (
            <label>
              {words.equals}{' '}
              <select name="eq" defaultValue={of('eq')}>
                <option value="">{words.whatever}</option>
                <option value="true">{t.yes}</option>
                <option value="false">{t.no}</option>
              </select>
            </label>
          ) : has('contains') ? (
            input('contains', words.holds)
          ) : (
            has('eq') && input('eq', words.equals)
          )}
          {has('isnull') && (
            <label>
              {words.presence}{' '}
              <select name="isnull" defaultValue={of('isnull')}>
                <option value="">{words.whatever}</option>
                <option value="false">{words.present}</option>
                <option value="true">{words.missing}</option>
              </select>
            </label>
          )}
          <button type="submit" class="primary">{t.apply}</button>
        </form>
      )}
    </>
  );
}

/** How periods are typed: as the API has them. */
const examples: Partial<Record<NonNullable<Field['format']>, string>> = { date: '2011-06-30', week: '2011-W23', month: '2011-06', quarter: '2011-Q2', year: '2011' };

function isRange(field: Field): boolean {
  return field.filters.includes('gte') && field.filters.includes('lte');
}

function isFigure(field: Field): boolean {
  return field.type === 'int' || field.type === 'double' || field.type === 'decimal';
}

/** The conditions of a form: one for each input that was filled in. */
export function readConditions(field: Field, form: FormData): Condition[] {
  const conditions: Condition[] = [];
  for (const operator of ['eq', 'gte', 'lte', 'contains', 'isnull'] as const) {
    const text = form.get(operator);
    if (typeof text !== 'string' || text.trim() === '') continue;
    conditions.push({ field: field.name, operator, values: [operator === 'isnull' ? text : fromInput(field, text.trim())] });
  }
  return conditions;
}

// Fractions are shown, and so typed, in per cent.
const percent = (field: Field): boolean => field.format === 'percent' && isFigure(field);

function fromInput(field: Field, text: string): string {
  return percent(field) ? String(round(Number(text) / 100)) : text;
}

function toInput(field: Field, value: string | undefined): string {
  if (value === undefined) return '';
  return percent(field) && Number.isFinite(Number(value)) ? String(round(Number(value) * 100)) : value;
}

/** Without the last digits that a division by 100 leaves. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
