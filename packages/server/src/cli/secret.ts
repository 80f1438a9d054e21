import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFile } from "../database/newFile.ts";

const FILE = "colloquy.secret";

/** The secret kept with an embedded database, for its owner's eyes only; made once. */
export async function secretOf(directory: string): Promise<string> {
  const file = join(directory, FILE);
  if (!existsSync(file)) {
    await mkdir(directory, { recursive: true });
    await makeFile(file, randomBytes(32).toString("hex"), 0o600);
  }
  return (await readFile(file, "utf8")).trim();
}

export function hasSecret(directory: string): boolean {
  return existsSync(join(directory, FILE));
}
