import type { Inspect } from "./finding.ts";

/** `LOOP`: a part that may be gone through again, with a way out. */
export const loop: Inspect = ({ loops }) =>
  loops
    .filter(({ kind }) => kind === "open")
    .map(({ path }) => ({
      code: "LOOP",
      severity: "info",
      qid: path[0]!,
      path,
      message: `This may be gone through again: ${path.join(" → ")}.`,
    }));
