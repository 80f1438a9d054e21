import type { Finding, Inspect } from "./finding.ts";
import { toFinding } from "./invalidDefinition.ts";

/** `UNKNOWN_QID`: a pointer, or a fork's computed target, leads to a question that there is not. */
export const unknownQid: Inspect = ({ problems, exploration }) => {
  const written = problems.filter((problem) => problem.code === "UNKNOWN_QID");
  const known = new Set(written.map(({ qid }) => qid));
  const computed = exploration.failures.flatMap(({ failure: { code, qid, message } }): Finding[] =>
    code === "UNKNOWN_QID" && !known.has(qid) ? [{ code, severity: "error", qid, message }] : [],
  );
  return [...written.map(toFinding), ...computed];
};
