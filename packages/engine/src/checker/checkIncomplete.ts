import { MAX_STATES } from "./explore.ts";
import type { Inspect } from "./finding.ts";

/** `CHECK_INCOMPLETE`: the schema has more paths than the checker tries. */
export const checkIncomplete: Inspect = ({ exploration }) =>
  exploration.complete
    ? []
    : [
        {
          code: "CHECK_INCOMPLETE",
          severity: "warning",
          message: `The schema has more paths than the checker tries (about ${MAX_STATES} states), so findings that depend on variables may be missing.`,
        },
      ];
