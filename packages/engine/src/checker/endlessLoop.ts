import type { Finding, Inspect } from "./finding.ts";

/** `ENDLESS_LOOP`: automatic steps go round and round, always or with some pool, and never wait. */
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
    met.push(finding(fromEarliest(path, position), "With some answers"));
  }
  return [...always.map(({ path }) => finding(path, "Always")), ...met];
};

function finding(path: number[], when: string): Finding {
  const message = `${when}, this goes round without waiting for anybody: ${path.join(" → ")}.`;
  return { code: "ENDLESS_LOOP", severity: "error", qid: path[0]!, path, message };
}

/** The same way round, from its question of the lowest position. */
function fromEarliest(path: number[], position: Map<number, number>): number[] {
  const around = path.slice(1);
  const earliest = around.reduce((one, other) => (position.get(other)! < position.get(one)! ? other : one));
  const at = around.indexOf(earliest);
  return [...around.slice(at), ...around.slice(0, at), earliest];
}
