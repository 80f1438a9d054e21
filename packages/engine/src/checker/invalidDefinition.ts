import type { Problem } from "../document/problems.ts";
import type { Finding, Inspect } from "./finding.ts";

/** `INVALID_DEFINITION`: the schema breaks a rule of how schemas are defined. */
export const invalidDefinition: Inspect = ({ problems }) =>
  problems.filter((problem) => problem.code === "INVALID_DEFINITION").map(toFinding);

/** A definition's problem as the error that it is. */
export function toFinding({ code, malformed: _, ...place }: Problem): Finding {
  return { code, severity: "error", ...place };
}
