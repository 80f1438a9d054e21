import { codebook } from "./codebook.ts";
import type { Cell } from "./rows.ts";
import type { Table } from "./table.ts";
import { type CsvForm, csv, json, PLAIN_CSV, type TextFormat } from "./textFormats.ts";
import { xlsx } from "./xlsx.ts";

export interface Format {
  contentType: string;
  /** What a file of it is called after its schema's name. */
  suffix: string;
  /** Bytes that depend on the table alone. */
  chunks(table: Table): AsyncGenerator<Buffer>;
  /** Where it is written row by row. */
  text?: TextFormat;
}

const JSON_TYPE = "application/json; charset=utf-8";

/** Every format of an export, in its plain form. */
export const FORMATS = {
  csv: csvFormat(PLAIN_CSV),
  json: asText(json, JSON_TYPE, "-responses.json"),
  xlsx: {
    contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    suffix: "-responses.xlsx",
    chunks: xlsx,
  },
  codebook: {
    contentType: JSON_TYPE,
    suffix: "-codebook.json",
    async *chunks({ layout }) {
      yield Buffer.from(`${JSON.stringify(codebook(layout), null, 2)}\n`);
    },
  },
} satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

export function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}

/** A format as it is wanted. */
export function formatOf({ format, csv = PLAIN_CSV }: { format: FormatName; csv?: CsvForm }): Format {
  return format === "csv" ? csvFormat(csv) : FORMATS[format];
}

function csvFormat(form: CsvForm) {
  return asText(csv(form), "text/csv; charset=utf-8", "-responses.csv");
}

function asText(text: TextFormat, contentType: string, suffix: string): Format & { text: TextFormat } {
  return {
    contentType,
    suffix,
    text,
    async *chunks({ layout: { columns }, pages }) {
      yield Buffer.from(text.head(columns));
      yield* moreRows(text, columns, pages, true);
    },
  };
}

/** Everything behind the head, or behind the rows that there are. */
export async function* moreRows(
  text: TextFormat,
  columns: readonly string[],
  pages: AsyncIterable<Cell[][]>,
  isFirst: boolean,
): AsyncGenerator<Buffer> {
  let first = isFirst;
  for await (const page of pages) {
    yield Buffer.from(text.rows(columns, page, first));
    first = false;
  }
  if (text.tail !== "") yield Buffer.from(text.tail);
}
