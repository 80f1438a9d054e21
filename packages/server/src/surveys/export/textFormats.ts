import { stringify } from "csv-stringify/sync";
import type { Cell } from "./rows.ts";

/** A format that is written row by row, and can go on after any whole one. */
export interface TextFormat {
  head(columns: readonly string[]): string;
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

/**
 * RFC 4180 in UTF-8 with lines that end in `\n`. A text that a spreadsheet would take for a formula gets a `'`
 * before it; numbers never do.
 */
export const csv: TextFormat = {
  head: (columns) => toCsv([[...columns]]),
  rows: (_columns, page) => toCsv(page),
  tail: "",
  quotes: true,
  readRow(head, row, columns) {
    const id = /^\d+/.exec(row)?.[0];
    return id !== undefined && head === toCsv([[...columns]]) ? { id: Number(id), kept: row } : null;
  },
};

/** An array with one object per line, its keys the names of the columns; an empty cell is null. */
export const json: TextFormat = {
  head: () => "[",
  rows: (columns, page, isFirst) =>
    page
      .map((cells, index) => {
        const row = Object.fromEntries(cells.map((cell, column) => [columns[column]!, cell]));
        return `${isFirst && index === 0 ? "" : ","}\n${JSON.stringify(row)}`;
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

function toCsv(rows: readonly (readonly Cell[])[]): string {
  return stringify(rows as Cell[][], {
    escape_formulas: true,
    cast: { boolean: (value) => String(value), number: (value) => String(value) },
  });
}
