import { createWriteStream } from "node:fs";
import { truncate } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Queryable } from "../database/database.ts";
import { formatOf, moreRows } from "../surveys/export/formats.ts";
import { openExport, type SchemaKey, type Wanted } from "../surveys/export/open.ts";
import { Refusal } from "./failures.ts";
import { wholeRows } from "./wholeRows.ts";

export interface Writing {
  wanted: Omit<Wanted, "after">;
  /** A file; null is the standard output. */
  output: string | null;
  /** Keep what whole rows the file has, where the format has any. */
  resume: boolean;
  /** Told of the surveys that are done, a page at a time, of how many in all. */
  onPage(count: number, total: number): void;
}

/** Writes an export, or what a file lacks of it. @throws Refusal */
export async function writeExport(db: Queryable, { wanted, output, resume, onPage }: Writing): Promise<void> {
  const open = async (after: number) => {
    const told = (count: number) => onPage(count, opened?.count ?? 0);
    const opened = await openExport(db, { ...wanted, after }, { onPage: told });
    if (opened === null) throw new Refusal(`There is no schema ${described(wanted.schema)}`);
    return opened;
  };
  const opened = await open(0);
  const { columns } = opened.layout;
  const { text } = formatOf(wanted);
  const kept = resume && text && output !== null ? await wholeRows(output, text, columns) : null;
  if (kept === null) return write(opened.chunks(), output, 0);
  const newer = await open(kept.id);
  return write(moreRows(text!, columns, newer.pages(), false), output, kept.end);
}

function described(key: SchemaKey): string {
  return "id" in key ? `with the id ${key.id}` : key.name;
}

async function write(chunks: AsyncIterable<Buffer>, output: string | null, start: number): Promise<void> {
  const source = Readable.from(chunks, { objectMode: false });
  if (output === null) return pipeline(source, process.stdout, { end: false });
  if (start > 0) await truncate(output, start);
  return pipeline(source, createWriteStream(output, start > 0 ? { flags: "r+", start } : {}));
}
