import { MAX_STATES } from "./explore.ts";
import type { Inspect } from "./finding.ts";

/** `CHECK_INCOMPLETE`: there are more ways through the schema than the checker plays. */
export const checkIncomplete: Inspect = ({ exploration }) =>
  exploration.complete
    ? []
    : [
        {
          code: "CHECK_INCOMPLETE",
          severity: "warning",
          message: `There are more ways through this schema than are played (about ${MAX_STATES} states): what depends on its variables was checked in part.`,
        },
      ];
