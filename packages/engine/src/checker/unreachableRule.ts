import type { Finding, Inspect } from "./finding.ts";

/**
 * `UNREACHABLE_RULE`: a rule of a reachable fork is never the first whose condition is true: its condition is never
 * true, or an earlier rule always decides. Where that depends on the pool, it is reported only if every path through
 * the schema was tried.
 */
export const unreachableRule: Inspect = ({ graph, exploration }) =>
  graph.questions.flatMap(({ question: { qid }, rules }) => {
    const verdicts = rules.map(graph.constants.verdictOf);
    const settled = verdicts.indexOf("always");
    const played = exploration.exhaustive && exploration.entered.has(qid);
    return rules.flatMap((_, rule): Finding[] => {
      const never = verdicts[rule] === "never" || (settled !== -1 && rule > settled);
      if (!never && !(played && !exploration.taken.has(`${qid}:${rule}`))) return [];
      const message = `Rule ${rule + 1} is never the first whose condition is true.`;
      return [{ code: "UNREACHABLE_RULE", severity: "warning", qid, rule, message }];
    });
  });
