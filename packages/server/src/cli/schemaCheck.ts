import { check } from "@colloquy/engine";
import { defineCommand } from "./command.ts";
import { DATABASE_OPTION } from "./configuration.ts";
import { readSchema, toLine } from "./document.ts";
import { say } from "./say.ts";
import { stored } from "./schemaDump.ts";
import { withColloquy } from "./withColloquy.ts";

export const schemaCheck = defineCommand({
  options: DATABASE_OPTION,
  details:
    "Digits are the id of a stored schema. Exits with 1 if it finds errors: such a schema cannot be published.",
  async run(values, [key]) {
    const isId = /^\d+$/.test(key!);
    const schema = isId ? await withColloquy(values, ({ db }) => stored(db, key!)) : await readSchema(key!);
    const findings = check(schema);
    say(`${schema.name}: ${findings.length === 0 ? "No problems found" : ""}`.trimEnd());
    for (const finding of findings) say(toLine(finding));
    return findings.some((finding) => finding.severity === "error") ? 1 : 0;
  },
});
