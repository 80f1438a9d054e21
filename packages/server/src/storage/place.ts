import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Where files are by default with a database server: beside where the embedded database would be. */
const USUAL = ".colloquy/files";

/** The directory of files: what the setting says, or beside the embedded database, and as short-lived as that. */
export function placeFiles(
  directory: string | undefined,
  database: string,
): { directory: string; close(): void } {
  if (directory !== undefined) return { directory, close: () => undefined };
  if (database !== "memory:")
    return {
      directory: /^postgres(ql)?:/.test(database) ? USUAL : join(dirname(database), "files"),
      close: () => undefined,
    };
  const passing = join(tmpdir(), `colloquy-${randomBytes(8).toString("hex")}`);
  return { directory: passing, close: () => rmSync(passing, { recursive: true, force: true }) };
}
