import { cyclicComponents, shortestCycle } from "./components.ts";
import { type Graph, reachable, reversed } from "./graph.ts";

/** A part of the graph that can be gone round in. */
export interface Loop {
  /** Its qids, by position. */
  qids: number[];
  /** A shortest way round, back to its first qid. */
  path: number[];
  /**
   * `endless`: whoever enters never comes to a question that waits, nor to the end. `trap`: it waits, but
   * the end cannot be reached. `open`: there is a way out, if the pool lets one take it.
   */
  kind: "endless" | "trap" | "open";
}

export function loopsOf(graph: Graph): Loop[] {
  const { questions, successors } = graph;
  const waits = (node: number) => questions[node]?.kind.waits ?? false;
  const nodes = [...successors.keys()];
  const predecessors = reversed(successors);
  const ending = nodes.filter((node) => graph.ends[node]);
  const mayEnd = reachable(ending, predecessors);
  const mayPause = reachable([...ending, ...nodes.filter(waits)], predecessors);

  // A computed target may lead anywhere, as far as is known, but that alone is no loop.
  const written = successors.map((nexts) => nexts.filter((next) => next !== graph.anywhere));
  return cyclicComponents(written).flatMap((component): Loop[] => {
    const qidsOf = (some: number[]) => some.map((node) => questions[node]!.question.qid);
    const first = component[0]!;
    const loop = { qids: qidsOf(component), path: qidsOf(shortestCycle(component, written)) };
    // All nodes of a component reach the same ones, so its first speaks for it.
    if (!mayPause.has(first)) return [{ ...loop, kind: "endless" }];
    if (!mayEnd.has(first) && component.some(waits)) return [{ ...loop, kind: "trap" }];
    return [{ ...loop, kind: "open" }];
  });
}
