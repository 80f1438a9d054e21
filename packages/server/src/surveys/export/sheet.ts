import { dateNumber } from "./dateNumber.ts";
import type { Cell } from "./rows.ts";

const HEAD = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`;
const TAIL = "</sheetData></worksheet>";

/** More makes Excel call the file damaged. */
const LONGEST = 32_767;

/** Excel keeps 15 digits of a number, and turns the others of a whole one to zeros. */
const MOST_DIGITS = 1e15;

/** Where this width is not set, Excel shows ##### in place of dates. */
const DATE_WIDTH = 20;

/** The formats of cells, by their number in the workbook's styles. */
export const CELL_STYLES = ["General", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"] as const;
const [, DATE, DATE_AND_TIME] = CELL_STYLES.keys();

/**
 * A worksheet in XML: the names of the columns in a row that stays in sight, then the rows.
 * @param dates which columns have dates, by index
 */
export async function* worksheet(
  columns: readonly string[],
  dates: readonly number[],
  pages: AsyncIterable<readonly Cell[][]>,
): AsyncGenerator<Buffer> {
  const letters = columns.map((_, index) => lettersOf(index));
  let number = 1;
  yield Buffer.from(`${HEAD}${widths(dates)}<sheetData>${row(columns, letters, number)}`);
  for await (const page of pages) {
    let xml = "";
    for (const cells of page) xml += row(cells, letters, ++number);
    yield Buffer.from(xml);
  }
  yield Buffer.from(TAIL);
}

function widths(dates: readonly number[]): string {
  if (dates.length === 0) return "";
  const each = dates.toSorted((one, other) => one - other).map((index) => index + 1);
  return `<cols>${each.map((at) => `<col min="${at}" max="${at}" width="${DATE_WIDTH}" customWidth="1"/>`).join("")}</cols>`;
}

function row(cells: readonly Cell[], letters: readonly string[], number: number): string {
  let xml = `<row r="${number}">`;
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index];
    if (cell !== null) xml += toXml(cell!, `${letters[index]}${number}`);
  }
  return `${xml}</row>`;
}

function toXml(cell: Exclude<Cell, null>, at: string): string {
  if (typeof cell === "boolean") return `<c r="${at}" t="b"><v>${Number(cell)}</v></c>`;
  if (typeof cell === "number")
    return isLong(cell) ? textXml(String(cell), at) : `<c r="${at}"><v>${cell}</v></c>`;
  if (typeof cell === "string") return textXml(cell, at);
  const days = dateNumber(cell.iso);
  if (days === null) return textXml(cell.iso, at);
  const style = cell.iso.includes("T") ? DATE_AND_TIME : DATE;
  return `<c r="${at}" s="${style}"><v>${days}</v></c>`;
}

/** A whole number with more digits than Excel keeps. One with an exponent has no such digits. */
function isLong(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) >= MOST_DIGITS && /^-?\d+$/.test(String(number));
}

function textXml(text: string, at: string): string {
  const space = /^\s|\s$/.test(text) ? ' xml:space="preserve"' : "";
  return `<c r="${at}" t="inlineStr"><is><t${space}>${escapeXml(cut(text))}</t></is></c>`;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text;
}

/** A carriage return is allowed, but readers of XML take it for a line feed. */
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };

/** Characters that XML forbids are written as Office does, `_x000B_`, and what looks like that is kept apart from it. */
function escapeXml(text: string): string {
  return text.replace(ESCAPED, (found) => ENTITIES[found] ?? `_x${codeOf(found)}_`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const ESCAPED = /[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/g;

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** 0 is A, 25 Z, 26 AA. */
function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last;
}
