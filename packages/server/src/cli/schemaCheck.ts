import { check } from "@colloquy/engine";
import { defineCommand } from "./command.ts";
import { readSchema, toLine } from "./document.ts";
import { say } from "./say.ts";
import { isId, storedSchema } from "./storedSchema.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaCheck = defineCommand({
  options: TARGET_OPTIONS,
  details:
    "Digits are the id of a stored schema. Exits with 1 if it finds errors: such a schema cannot be published.",
  async run(where, [key]) {
    const schema = isId(key!)
      ? await withTarget(where, (target) => storedSchema(target, key!))
      : await readSchema(key!);
    const findings = check(schema);
    say(`${schema.name}: ${findings.length === 0 ? "No problems found" : ""}`.trimEnd());
    for (const finding of findings) say(toLine(finding));
    return findings.some((finding) => finding.severity === "error") ? 1 : 0;
  },
});
