import type { Row } from '../api/answer';
import type { Field } from '../api/dashboard';
import { copyRaw, raw } from '../components/data-table';
import type { PageWords } from '../i18n/pages';
import { usePage } from '../state/context';
import { Scroll } from './scroll';
import { useWords } from './use-words';

interface FieldTableProps {
  caption: string;
  row: Row;
  fields: Field[];
}

/** One row on its side: each field with its value, and what it means. */
export function FieldTable({ caption, row, fields }: FieldTableProps) {
  const { format, label, pick } = usePage();
  const words = useWords();
  const described = fields.some((field) => pick(field.description) !== '');
  return (
    <Scroll name={caption}>
      <table class="data fields" onCopy={copyRaw}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            <th scope="col" class="number">{words.value}</th>
            {described && <th scope="col">{words.description}</th>}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name} data-key={field.name}>
              <th scope="row" title={field.name}>{label(field)}</th>
              <td class="number" data-metric={field.name} data-value={raw(row[field.name])}>{format.value(row[field.name], field)}{field.unit !== undefined && row[field.name] !== null && field.format !== 'money' && field.format !== 'percent' && <span class="muted"> {unitName(field.unit, words, Number(row[field.name]))}</span>}</td>
              {described && <td class="text muted">{pick(field.description)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A unit in the reader's language: contracts name it in English. */
export function unitName(unit: string, words: PageWords, count = 2): string {
  return unit === 'days' ? words.days(count) : unit;
}
