import { readFile } from "node:fs/promises";
import { type Finding, load, type Schema } from "@colloquy/engine";
import { Refusal } from "./failures.ts";

/** A file's JSON. @throws Refusal */
export async function readDocument(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(
      `Cannot read ${file}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
    );
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** A file's schema, of the right shape but maybe without sense. @throws Refusal with all that is wrong with its shape */
export async function readSchema(file: string): Promise<Schema> {
  const loaded = load(await readDocument(file));
  if ("schema" in loaded) return loaded.schema;
  const problems = Object.entries(loaded.problems).flatMap(([place, texts]) =>
    texts.map((text) => `  ${place}: ${text}`),
  );
  throw new Refusal([`${file} is not a schema document:`, ...problems].join("\n"));
}

/** A finding as a line. */
export function toLine({ severity, code, qid, message }: Finding): string {
  return `  ${severity}: ${qid === undefined ? "" : `question ${qid}: `}${message} (${code})`;
}
