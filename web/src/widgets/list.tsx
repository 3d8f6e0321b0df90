import type { Row } from '../api/answer';
import type { Field, ListWidget, Mark } from '../api/dashboard';
import { categoryColor, categoryIndex } from '../charts/palette';
import { DataTable, type Column } from '../components/data-table';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { fieldsOf } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';

/** The first rows of a dataset in an order that matters: what to do first. */
export function List({ widget }: { widget: ListWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { label } = page;
  const question = useDataset(widget.dataset, { aggregate: false, params: [['fields', widget.fields.join(',')], ...(widget.sort ? [['sort', widget.sort.join(',')] as [string, string]] : []), ['limit', String(widget.limit)]] });
  const { dataset, asked } = question;
  const fields = dataset ? widget.fields.map((name) => fieldsOf(dataset).get(name)).filter((field) => field !== undefined) : [];
  const rows = asked.answer?.body.data ?? [];
  const marks = widget.marks ?? [];
  const key = dataset?.key ?? [];
  const plain: Column[] = fields.map((field) => ({ name: field.name, label: label(field), doc: field }));
  const columns = fields
    .filter((field) => !marks.some((mark) => mark.field === field.name))
    .map((field): Column => ({ name: field.name, label: label(field), doc: field, cell: (row) => <Cell row={row} field={field} keys={key} bar={widget.bars?.includes(field.name) ?? false} marks={marks} page={widget.page} /> }));
  return (
    <Widget
      id={widget.id}
      kind="list"
      title={title}
      asked={asked}
      path={question.path}
      unreached={question.unreached}
      snapshot={question.snapshot}
      empty={rows.length === 0}
      table={{ columns: plain, rows, keys: key }}
    >
      {() => <DataTable caption={title} columns={columns} rows={rows} keys={key} />}
    </Widget>
  );
}

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
  const { state, format, pick } = usePage();
  const value = row[field.name];
  const text = format.value(value, field, 'short');
  if (keys.includes(field.name)) {
    return (
      <>
        {page === undefined ? text : <Link to={{ ...state, page: `${page}/${keys.map((name) => encodeURIComponent(String(row[name]))).join(',')}` }}>{text}</Link>}
        {marks
          .filter((mark) => typeof row[mark.field] === 'number' && Number(row[mark.field]) < mark.below)
          .map((mark) => <span key={mark.field} class="badge mark" title={`${mark.field} < ${mark.below}`}>{pick(mark.label)}</span>)}
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
