import type { Inspect } from "./finding.ts";

/** `LOOP`: questions that may be asked again, with a way out. */
export const loop: Inspect = ({ loops }) =>
  loops
    .filter(({ kind }) => kind === "open")
    .map(({ path }) => ({
      code: "LOOP",
      severity: "info",
      qid: path[0]!,
      path,
      message: `These questions may be asked again: ${path.join(" → ")}.`,
    }));
