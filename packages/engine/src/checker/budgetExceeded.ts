import type { Inspect } from "./finding.ts";

/** `BUDGET_EXCEEDED`: some way through the schema takes more work at once than a run may. */
export const budgetExceeded: Inspect = ({ exploration }) =>
  exploration.failures.flatMap(({ failure: { code, qid, message } }) =>
    code === "BUDGET_EXCEEDED" ? [{ code, severity: "error", qid, message }] : [],
  );
