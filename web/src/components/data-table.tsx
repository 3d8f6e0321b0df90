import type { ComponentChildren } from 'preact';
import type { Row, Value } from '../api/answer';
import type { Doc, Field } from '../api/dashboard';
import { usePage } from '../state/context';

export interface Column {
  name: string;
  label: string;
  doc: Doc & { type?: Field['type'] };
  /** How a cell is shown, where its formatted value isn't enough. */
  cell?: (row: Row) => ComponentChildren;
}

interface DataTableProps {
  caption: string;
  columns: Column[];
  rows: Row[];
  /** Fields that name a row. */
  keys: string[];
  /** The header of a column, where it is more than its label: a button that sorts. */
  header?: (column: Column) => ComponentChildren;
  sorted?: { name: string; descending: boolean } | undefined;
}

/** A table of figures. What is copied from it are raw numbers, as a spreadsheet takes them. */
export function DataTable({ caption, columns, rows, keys, header, sorted }: DataTableProps) {
  const { format } = usePage();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div class="table-scroll" tabIndex={0} role="group" aria-label={caption}>
      <table class="data" onCopy={copyRaw}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={isNumber(column, keys) ? 'number' : undefined} aria-sort={sorted?.name === column.name ? (sorted.descending ? 'descending' : 'ascending') : undefined}>
                {header?.(column) ?? <span title={column.label}>{column.label}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => {
            const key = keys.map((name) => raw(row[name])).join(',');
            return (
              <tr key={`${i} ${key}`} data-key={key}>
                {columns.map((column) => {
                  const value = row[column.name];
                  return (
                    <td key={column.name} class={isNumber(column, keys) ? 'number' : undefined} data-metric={column.name} data-value={raw(value)}>
                      {column.cell?.(row) ?? format.value(value, column.doc)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A value as JSON writes it; null is the empty text. */
export function raw(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** Whether a column holds figures, which stand under each other by their last digit. A key is a name, whatever its type. */
function isNumber({ name, doc }: Column, keys: string[]): boolean {
  if (doc.format !== undefined) return doc.format === 'money' || doc.format === 'integer' || doc.format === 'number' || doc.format === 'percent';
  return !keys.includes(name) && (doc.type === 'int' || doc.type === 'double' || doc.type === 'decimal');
}

/** Puts the raw values of the selected cells on the clipboard, tab-separated. */
export function copyRaw(event: ClipboardEvent): void {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !(event.currentTarget instanceof HTMLElement)) return;
  const lines: string[] = [];
  for (const row of event.currentTarget.querySelectorAll('tr')) {
    const cells = [...row.querySelectorAll<HTMLElement>('th, td')].filter((cell) => selection.containsNode(cell, true));
    if (cells.length > 0) lines.push(cells.map((cell) => cell.dataset['value'] ?? cell.textContent.trim()).join('\t'));
  }
  if (lines.length === 0) return;
  event.clipboardData?.setData('text/plain', lines.join('\n'));
  event.preventDefault();
}
