import { check, type Finding, type Schema } from "@colloquy/engine";
import { invalid, notFound } from "@colloquy/protocol";
import type { SchemaDeps } from "./deps.ts";
import { loadSchema, lockSchema, publishSchema } from "./queries.ts";
import { storing } from "./storing.ts";

/** Publishes a version. @throws 400 with the findings where the checker finds errors and it is not forced */
export function publish(deps: SchemaDeps, id: number, force: boolean): Promise<void> {
  return storing(deps, async (tx) => {
    // What is checked is what is published.
    await lockSchema(tx, id);
    const schema = await loadSchema(tx, id);
    if (schema === null) throw notFound();
    if (!force) refuseFindings(schema);
    await publishSchema(tx, id);
  });
}

/** @throws 400 with what the checker calls errors */
export function refuseFindings(schema: Schema): void {
  const errors = check(schema).filter((finding) => finding.severity === "error");
  if (errors.length > 0) throw invalid({ findings: errors.map(described) });
}

function described(finding: Finding): string {
  return `${finding.code}${finding.qid === undefined ? "" : ` at ${finding.qid}`}: ${finding.message}`;
}
