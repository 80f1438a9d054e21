import type { Inspect } from "./finding.ts";
import { reachable } from "./graph.ts";

/** `UNREACHABLE_QUESTION`: no path from the first question comes by. */
export const unreachableQuestion: Inspect = ({ graph, exploration }) => {
  const linked = reachable(graph.first === null ? [] : [graph.first], graph.successors);
  return graph.questions.flatMap(({ question: { qid } }, node) => {
    const never = !linked.has(node) || (exploration.exhaustive && !exploration.entered.has(qid));
    if (!never) return [];
    return [
      { code: "UNREACHABLE_QUESTION", severity: "warning", qid, message: "No path leads to this question." },
    ];
  });
};
