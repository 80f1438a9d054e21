import type { Finding, Inspect } from "./finding.ts";

/** `ENDLESS_LOOP`: a loop of automatic steps that never waits for an answer, always or with some answers. */
export const endlessLoop: Inspect = ({ graph, loops, exploration }) => {
  const always = loops.filter((loop) => loop.kind === "endless");
  const known = new Set(always.flatMap((loop) => loop.qids));
  const position = new Map(graph.questions.map(({ question }, node) => [question.qid, node]));
  const met: Finding[] = [];
  for (const { failure, path } of exploration.failures) {
    if (failure.code !== "ENDLESS_LOOP" || known.has(failure.qid)) continue;
    if (path === undefined) {
      met.push({ code: "ENDLESS_LOOP", severity: "error", qid: failure.qid, message: failure.message });
      continue;
    }
    for (const qid of path) known.add(qid);
    met.push(finding(fromEarliest(path, position), "With some answers, this"));
  }
  return [...always.map(({ path }) => finding(path, "This")), ...met];
};

function finding(path: number[], what: string): Finding {
  const message = `${what} loop never waits for an answer: ${path.join(" → ")}.`;
  return { code: "ENDLESS_LOOP", severity: "error", qid: path[0]!, path, message };
}

/** The same way round, from its question of the lowest position. */
function fromEarliest(path: number[], position: Map<number, number>): number[] {
  const around = path.slice(1);
  const earliest = around.reduce((one, other) => (position.get(other)! < position.get(one)! ? other : one));
  const at = around.indexOf(earliest);
  return [...around.slice(at), ...around.slice(0, at), earliest];
}
