import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { raw } from "sql-template-tag";
import { migrate } from "../packages/server/src/database/migrate.ts";
import { openPglite } from "../packages/server/src/database/pglite.ts";
import { describeSchema } from "./describeSchema.ts";

// Writes the schema that all migrations together make, so that a review sees their effect.
// With --check it only fails when the file is out of date.

const file = new URL("../packages/server/src/database/schema.sql", import.meta.url);
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const database = await openPglite("memory:");
await migrate(database, { schema: "colloquy" });
const described = await describeSchema((query) => database.query(raw(query)));
await database.close();

const text = `-- Written by scripts/dumpSchema.ts from the migrations: do not edit.\n\n${described}`;
if (!values.check) {
  await writeFile(file, text);
} else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
  process.stderr.write("schema.sql is not what the migrations make: run `node scripts/dumpSchema.ts`\n");
  process.exitCode = 1;
}
