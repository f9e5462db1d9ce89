import type { ReactNode } from "react";

export type Column<Row> = {
  name: string;
  cell: (row: Row) => ReactNode;
  numeric?: boolean;
  /** Where it stands in the compact block that a row becomes on narrow screens; without it a row becomes labelled lines. */
  narrow?: {
    line: 1 | 2 | 3;
    label?: string;
    atEnd?: boolean;
    /** The first of the cell's pieces stands here, the second at the end of the last line. */
    open?: boolean;
  };
};

type DataTableProps<Row> = {
  /** Said to screen readers; the visible heading is the card's. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** For two or three short columns, which stay a table everywhere. */
  keepsShape?: boolean;
  /** For eight columns and more, which become blocks earlier. */
  isWide?: boolean;
};

/** The roles are written out because `display: block`, which narrow screens get, takes a table's own ones away. */
export function DataTable<Row>({ caption, columns, rows, rowKey, keepsShape, isWide }: DataTableProps<Row>) {
  const isCompact = columns.some(({ narrow }) => narrow);
  return (
    <div
      className="data-table text-sm"
      data-compact={isCompact || undefined}
      data-keeps-shape={keepsShape || undefined}
      data-wide={isWide || undefined}
    >
      <table role="table">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.name} role="columnheader" scope="col" data-numeric={column.numeric || undefined}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column) => (
                <td
                  key={column.name}
                  role="cell"
                  data-label={isCompact ? column.narrow?.label : column.name}
                  data-numeric={column.numeric || undefined}
                  data-line={column.narrow?.line}
                  data-at-end={column.narrow?.atEnd || undefined}
                  data-open={column.narrow?.open || undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
