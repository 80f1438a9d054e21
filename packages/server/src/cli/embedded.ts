import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ADDRESS = "colloquy.address";

/** The directory of an embedded database; null for any other. */
export function directoryOf(database: string): string | null {
  return database === "memory:" || /^postgres(ql)?:/.test(database) ? null : database;
}

/** Whether there is a database in a directory. */
export function holdsDatabase(directory: string): boolean {
  return existsSync(join(directory, "PG_VERSION"));
}

/** Leaves word with an embedded database where the API of the server on it begins. */
export async function leaveAddress(directory: string, url: string): Promise<void> {
  // On a full disk a server serves without.
  await writeFile(join(directory, ADDRESS), `${url}\n`).catch(() => {});
}

export async function removeAddress(directory: string): Promise<void> {
  await rm(join(directory, ADDRESS), { force: true });
}

/** Where the API of a server on a directory begins, if one has it in use; null where none has left word. */
export async function addressIn(directory: string): Promise<string | null> {
  const text = await readFile(join(directory, ADDRESS), "utf8").catch(() => null);
  return text?.trim() ?? null;
}
