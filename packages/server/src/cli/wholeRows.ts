import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { TextFormat } from "../surveys/export/textFormats.ts";
import { Refusal } from "./failures.ts";

const [QUOTE, LINE_FEED, BRACE, ZERO, NINE] = ['"', "\n", "{", "0", "9"].map((one) => one.charCodeAt(0));

/**
 * Where the last whole row of a file ends, and which survey it is; null where there is no file or no row in it.
 * @throws Refusal where the file is no export with these columns, and in this form
 */
export async function wholeRows(
  file: string,
  text: TextFormat,
  columns: readonly string[],
): Promise<{ id: number; end: number } | null> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const { head, row } = await scan(file, text.quotes);
    if (row === null) return null;
    const piece = async ({ start, end }: Line) =>
      (await handle.read(Buffer.alloc(end - start), { position: start })).buffer.toString("utf8");
    const read = text.readRow(await piece(head), await piece(row), columns);
    if (read === null)
      throw new Refusal(
        `${file} has other columns than this export, or is written in another way: leave out --resume to make it anew`,
      );
    return { id: read.id, end: row.start + Buffer.byteLength(read.kept) };
  } finally {
    await handle.close();
  }
}

interface Line {
  start: number;
  end: number;
}

/** The first line, and the last whole one that begins as a row does. */
async function scan(file: string, quotes: boolean): Promise<{ head: Line; row: Line | null }> {
  let head: Line = { start: 0, end: 0 };
  let row: Line | null = null;
  let offset = 0;
  let start = 0;
  let first = 0;
  let quoted = false;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!;
      if (offset + index === start) first = byte;
      if (byte === QUOTE) quoted = quotes && !quoted;
      if (byte !== LINE_FEED || quoted) continue;
      const line = { start, end: offset + index + 1 };
      if (start === 0) head = line;
      else if (first === BRACE || (ZERO! <= first && first <= NINE!)) row = line;
      start = line.end;
    }
    offset += bytes.length;
  }
  return { head, row };
}
