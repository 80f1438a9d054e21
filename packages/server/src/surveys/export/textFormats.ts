import { stringify } from "csv-stringify/sync";
import type { Cell, DateCell } from "./rows.ts";

/** A format that is written row by row, and can go on after any whole one. */
export interface TextFormat {
  head(columns: readonly string[]): string;
  /** What comes before every row but the first. */
  between: string;
  /** `isFirst`: no row came before. */
  rows(columns: readonly string[], page: readonly Cell[][], isFirst: boolean): string;
  tail: string;
  /** Whether line breaks inside quotes belong to the row. */
  quotes: boolean;
  /**
   * Of the first line and some row of a file: the survey's id, and what of the row stays where more rows come
   * after it; null where they are not of an export with these columns.
   */
  readRow(head: string, row: string, columns: readonly string[]): { id: number; kept: string } | null;
}

/** How a CSV file is written: spreadsheet programs differ in what they expect, by country. */
export interface CsvForm {
  separator: "," | ";" | "\t";
  /** Begin with a byte order mark, by which Excel knows that it is UTF-8. */
  bom: boolean;
}

export const PLAIN_CSV: CsvForm = { separator: ",", bom: false };

const BOM = "\ufeff";

/**
 * RFC 4180 in UTF-8 with lines that end in `\n`. A text that a spreadsheet would take for a formula gets a `'`
 * before it; numbers never do.
 */
export function csv({ separator, bom }: CsvForm): TextFormat {
  const toCsv = (rows: readonly (readonly Cell[])[]) =>
    stringify(rows as Cell[][], {
      delimiter: separator,
      cast: {
        boolean: String,
        number: String,
        string: (text) => (FORMULA.test(text) ? `'${text}` : text),
        object: (cell) => (cell as unknown as DateCell).iso,
      },
    });
  const head = (columns: readonly string[]) => `${bom ? BOM : ""}${toCsv([columns])}`;
  return {
    head,
    between: "",
    rows: (_columns, page) => toCsv(page),
    tail: "",
    quotes: true,
    readRow(first, row, columns) {
      const id = /^\d+/.exec(row)?.[0];
      return id !== undefined && first === head(columns) ? { id: Number(id), kept: row } : null;
    },
  };
}

/** How a formula begins, also with letters of full width, or with space that a program drops. */
const FORMULA = /^(?: *[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

/** An array with one object per line, its keys the names of the columns; an empty cell is null. */
export const json: TextFormat = {
  head: () => "[",
  between: ",",
  rows: (columns, page, isFirst) =>
    page
      .map((cells, index) => {
        const row = Object.fromEntries(cells.map((cell, column) => [columns[column]!, textOf(cell)]));
        return `${isFirst && index === 0 ? "" : json.between}\n${JSON.stringify(row)}`;
      })
      .join(""),
  tail: "\n]\n",
  quotes: false,
  readRow(head, row, columns) {
    const kept = row.replace(/,?\n$/, "");
    const cells = head === "[\n" ? parsed(kept) : null;
    const isOurs = cells !== null && Object.keys(cells).join("\n") === columns.join("\n");
    return isOurs && typeof cells.id === "number" ? { id: cells.id, kept } : null;
  },
};

/** The object that a line is; null where it is none. */
function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Every cell but a date is what it is. */
function textOf(cell: Cell): Exclude<Cell, DateCell> {
  return typeof cell === "object" && cell !== null ? cell.iso : cell;
}
