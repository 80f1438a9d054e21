// Writes the example schemas into the server, whose package does not hold examples/; with --check it fails where
// they are out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const EXAMPLES = new URL("../examples/schemas/", import.meta.url);
const FILE = new URL("../packages/server/src/demo/generated/schemas.json", import.meta.url);

const documents = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, EXAMPLES), "utf8")));
const text = `${JSON.stringify(documents)}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== text) {
    process.stderr.write("demo/generated/schemas.json is out of date: run scripts/demoSchemas.ts\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
