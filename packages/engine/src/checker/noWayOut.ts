import type { Inspect } from "./finding.ts";

/** `NO_WAY_OUT`: a loop that waits for answers, none of which leads to the end. */
export const noWayOut: Inspect = ({ loops }) =>
  loops
    .filter((loop) => loop.kind === "trap")
    .map(({ path }) => ({
      code: "NO_WAY_OUT",
      severity: "error",
      qid: path[0]!,
      path,
      message: `The end cannot be reached from this loop: ${path.join(" → ")}.`,
    }));
