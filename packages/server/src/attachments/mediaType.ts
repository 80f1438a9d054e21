import { fileTypeFromBuffer, fileTypeFromFile } from "file-type";

/** What a file is by its bytes, whatever its name says; null where they tell nothing. */
export async function mediaTypeOf(source: string | Buffer): Promise<string | null> {
  const found = await (typeof source === "string" ? fileTypeFromFile(source) : fileTypeFromBuffer(source));
  return found?.mime ?? null;
}
