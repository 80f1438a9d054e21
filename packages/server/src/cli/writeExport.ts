import { createWriteStream } from "node:fs";
import { truncate } from "node:fs/promises";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { formatOf, rowsAfter } from "../surveys/export/formats.ts";
import type { Wanted } from "../surveys/export/open.ts";
import { orRefuse } from "./storedSchema.ts";
import type { ExportSurveys } from "./target.ts";
import { wholeRows } from "./wholeRows.ts";

export interface Writing {
  wanted: Omit<Wanted, "after">;
  /** A file; null is the standard output. */
  output: string | null;
  /** Keep what whole rows the file has, where the format has any. */
  resume: boolean;
  /** Told how far it is, in words. */
  tell(progress: string): void;
}

/** Writes an export, or what a file lacks of it. @throws Refusal */
export async function writeExport(
  exportSurveys: ExportSurveys,
  { wanted, output, resume, tell }: Writing,
): Promise<void> {
  const { schema } = wanted;
  const key = "id" in schema ? `with the id ${schema.id}` : schema.name;
  const chunksOf = (wanted: Wanted) => orRefuse(key, exportSurveys(wanted, tell));
  const { text } = formatOf(wanted);
  if (!resume || text === undefined || output === null)
    return write(await chunksOf({ ...wanted, after: 0 }), output, 0);
  const columns = await columnsOf(await chunksOf({ ...wanted, format: "codebook", after: 0 }));
  const kept = await wholeRows(output, text, columns);
  if (kept === null) return write(await chunksOf({ ...wanted, after: 0 }), output, 0);
  return write(rowsAfter(text, columns, await chunksOf({ ...wanted, after: kept.id })), output, kept.end);
}

/** The names of an export's columns, of which the codebook tells. */
async function columnsOf(codebook: AsyncIterable<Uint8Array>): Promise<string[]> {
  return ((await json(codebook)) as { columns: string[] }).columns;
}

async function write(chunks: AsyncIterable<Uint8Array>, output: string | null, start: number): Promise<void> {
  const source = Readable.from(chunks, { objectMode: false });
  if (output === null) return pipeline(source, process.stdout, { end: false });
  if (start > 0) await truncate(output, start);
  return pipeline(source, createWriteStream(output, start > 0 ? { flags: "r+", start } : {}));
}
