import type { Row } from '../api/answer';
import type { Field, Mark } from '../api/dashboard';
import { keySegment } from '../api/url';
import { categoryColor, categoryIndex } from '../charts/palette';
import { usePage } from '../state/context';
import { fieldOf } from '../state/reach';
import { Link } from './link';

interface CellProps {
  row: Row;
  field: Field;
  /** The key's fields: they lead to the row's page, and bear its marks. */
  keys: string[];
  bar: boolean;
  marks: Mark[];
  page: string | undefined;
}

/** A cell of a list or of a table page: a key that leads further, a bar of a fraction, a value with its colour. */
export function Cell({ row, field, keys, bar, marks, page }: CellProps) {
  const { state, format } = usePage();
  const value = row[field.name];
  const text = format.value(value, field, 'short');
  if (keys.includes(field.name)) {
    return (
      <>
        {page === undefined ? text : <Link to={{ ...state, page: `${page}/${keySegment(keys.map((name) => String(row[name])))}` }}>{text}</Link>}
        {field.name === keys[0] && <Marks row={row} marks={marks} />}
      </>
    );
  }
  if (bar && typeof value === 'number') {
    return (
      <span class="cell-bar" title={format.exact(value, field)}>
        <span aria-hidden="true"><span style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} /></span>
        {text}
      </span>
    );
  }
  if (field.values && typeof value === 'string') {
    return (
      <span class="category">
        <span class="swatch" aria-hidden="true" style={{ background: categoryColor(categoryIndex(field.values, [], value)) }} />
        {text}
      </span>
    );
  }
  return <span title={format.value(value, field)}>{text}</span>;
}

/** What is to be known of a row before it is acted on. */
export function Marks({ row, marks }: { row: Row; marks: Mark[] }) {
  const { dashboard, label, pick } = usePage();
  return (
    <>
      {marks
        .filter((mark) => typeof row[mark.field] === 'number' && Number(row[mark.field]) < mark.below)
        .map((mark) => <span key={mark.field} class="badge mark" title={`${label(fieldOf(dashboard, mark.field) ?? { name: mark.field })} < ${mark.below}`}>{pick(mark.label)}</span>)}
    </>
  );
}
