import type { Finding, Inspect } from "./finding.ts";
import { toFinding } from "./invalidDefinition.ts";

const MODIFICATIONS = "variable_modifications";

/** `BAD_EXPRESSION`: an expression that does not compile, or that fails on some way through the schema. */
export const badExpression: Inspect = ({ problems, exploration }) => {
  const written = problems.filter((problem) => problem.code === "BAD_EXPRESSION");
  const place = (qid?: number, rule?: number) => `${qid}:${rule ?? "modification"}`;
  // What does not compile fails again when it is played, as does a name that cannot be assigned to.
  const told = problems.filter(
    (problem) => problem.code === "BAD_EXPRESSION" || problem.field === MODIFICATIONS,
  );
  const known = new Set(told.map(({ qid, rule }) => place(qid, rule)));
  const met = exploration.failures.flatMap(
    ({ failure: { code, qid, rule, modification, message } }): Finding[] => {
      if (code !== "BAD_EXPRESSION" || known.has(place(qid, rule))) return [];
      if (rule !== undefined)
        return [{ code, severity: "error", qid, rule, message: `Rule ${rule + 1}: ${message}` }];
      return [{ code, severity: "error", qid, message: `Modification ${modification! + 1}: ${message}` }];
    },
  );
  return [...written.map(toFinding), ...met];
};
