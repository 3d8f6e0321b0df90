import type { ListWidget } from '../api/dashboard';
import { Cell } from '../components/cell';
import { DataTable, type Column } from '../components/data-table';
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
