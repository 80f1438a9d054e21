import type { CompiledQuestion, CompiledRule, CompiledSchema } from "../flow/compile.ts";
import { type Constants, constantsOf } from "./constants.ts";

/**
 * Where each question may lead, whatever the pool: an overestimate of the flow. Nodes are numbered by
 * position. One more node stands for "any question": where a fork's target is computed.
 */
export interface Graph {
  questions: CompiledQuestion[];
  /** Where a run starts; null in a schema without questions. */
  first: number | null;
  /** The last node, which leads to every question. */
  anywhere: number;
  successors: number[][];
  /** Whether the flow may stop right after the node: the end, a rule that fails, an unknown qid. */
  ends: boolean[];
  constants: Constants;
}

/** @param known where computed targets are known to lead, by `qid:rule` */
export function graphOf(
  compiled: CompiledSchema,
  known: KnownTargets = new Map(),
  constants: Constants = constantsOf(),
): Graph {
  // Of several with one qid, pointers find the last.
  const questions = [...compiled.byQid.values()].sort(
    (one, other) => one.question.position - other.question.position,
  );
  const nodes = new Map(questions.map(({ question }, node) => [question.qid, node]));
  const anywhere = questions.length;
  const ways = questions.map((current) =>
    waysOn(current, known, constants).map((way) => toNode(way, nodes, anywhere)),
  );
  return {
    questions,
    first: compiled.first === null ? null : nodes.get(compiled.first.question.qid)!,
    anywhere,
    successors: [
      ...ways.map((way) => [...new Set(way.filter((node) => node !== null))]),
      [...questions.keys()],
    ],
    ends: [...ways.map((way) => way.includes(null)), true],
    constants,
  };
}

type KnownTargets = ReadonlyMap<string, ReadonlySet<number>>;

/** A qid, the end (null), or a qid that only the pool knows. */
type Way = number | null | "computed";

function toNode(way: Way, nodes: Map<number, number>, anywhere: number): number | null {
  if (way === "computed") return anywhere;
  return way === null ? null : (nodes.get(way) ?? null);
}

function waysOn({ question, rules }: CompiledQuestion, known: KnownTargets, constants: Constants): Way[] {
  if (question.type === "fork")
    return waysOfFork(rules, (rule) => known.get(`${question.qid}:${rule}`), constants);
  if (question.type === "choice" || question.type === "multichoice")
    return question.answers.map((answer) => answer.next_qid);
  return [question.next_qid];
}

function waysOfFork(
  rules: CompiledRule[],
  known: (rule: number) => ReadonlySet<number> | undefined,
  { verdictOf, targetOf }: Constants,
): Way[] {
  const ways: Way[] = [];
  for (const [index, rule] of rules.entries()) {
    const verdict = verdictOf(rule);
    if (verdict === "never") continue;
    const target = targetOf(rule);
    if (target === "computed") ways.push(...(known(index) ?? ["computed" as const]));
    else ways.push(target);
    if (verdict === "always") return ways;
  }
  return [...ways, null];
}

/** The nodes that can be reached from these, themselves included. */
export function reachable(from: Iterable<number>, successors: number[][]): Set<number> {
  const seen = new Set(from);
  for (const node of seen) for (const next of successors[node]!) seen.add(next); // grows while it is walked
  return seen;
}

export function reversed(successors: number[][]): number[][] {
  const predecessors: number[][] = successors.map(() => []);
  for (const [node, nexts] of successors.entries()) for (const next of nexts) predecessors[next]!.push(node);
  return predecessors;
}
