import { codebook } from "./codebook.ts";
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
      let isFirst = true;
      for await (const page of pages) {
        yield Buffer.from(text.rows(columns, page, isFirst));
        isFirst = false;
      }
      if (text.tail !== "") yield Buffer.from(text.tail);
    },
  };
}

/** Of a whole file what goes on after the rows of another, in chunks of any length. */
export async function* rowsAfter(
  { head, between, tail }: TextFormat,
  columns: readonly string[],
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const first = Buffer.byteLength(head(columns));
  const withoutRows = first + Buffer.byteLength(tail);
  let begun: Buffer | null = Buffer.alloc(0);
  for await (const chunk of file) {
    if (begun === null) {
      yield chunk;
      continue;
    }
    begun = Buffer.concat([begun, chunk]);
    if (begun.length <= withoutRows) continue;
    yield Buffer.concat([Buffer.from(between), begun.subarray(first)]);
    begun = null;
  }
  if (begun !== null) yield begun.subarray(first);
}
