import type { CompiledQuestion, CompiledRule, CompiledSchema } from "../flow/compile.ts";
import { FlowError } from "../flow/failure.ts";

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
}

/** @param known where computed targets are known to lead, by `qid:rule` */
export function graphOf(compiled: CompiledSchema, known: KnownTargets = new Map()): Graph {
  // Of several with one qid, pointers find the last.
  const questions = [...compiled.byQid.values()].sort(
    (one, other) => one.question.position - other.question.position,
  );
  const nodes = new Map(questions.map(({ question }, node) => [question.qid, node]));
  const anywhere = questions.length;
  const ways = questions.map((current) => waysOn(current, known).map((way) => toNode(way, nodes, anywhere)));
  return {
    questions,
    first: compiled.first === null ? null : nodes.get(compiled.first.question.qid)!,
    anywhere,
    successors: [
      ...ways.map((way) => [...new Set(way.filter((node) => node !== null))]),
      [...questions.keys()],
    ],
    ends: [...ways.map((way) => way.includes(null)), true],
  };
}

type KnownTargets = ReadonlyMap<string, ReadonlySet<number>>;

/** A qid, the end (null), or a qid that only the pool knows. */
type Way = number | null | "computed";

function toNode(way: Way, nodes: Map<number, number>, anywhere: number): number | null {
  if (way === "computed") return anywhere;
  return way === null ? null : (nodes.get(way) ?? null);
}

function waysOn({ question, rules }: CompiledQuestion, known: KnownTargets): Way[] {
  if (question.type === "fork") return waysOfFork(rules, (rule) => known.get(`${question.qid}:${rule}`));
  if (question.type === "choice" || question.type === "multichoice")
    return question.answers.map((answer) => answer.next_qid);
  return [question.next_qid];
}

function waysOfFork(rules: CompiledRule[], known: (rule: number) => ReadonlySet<number> | undefined): Way[] {
  const ways: Way[] = [];
  for (const [index, rule] of rules.entries()) {
    const verdict = verdictOf(rule);
    if (verdict === "never") continue;
    if (rule.targetReads.size > 0) ways.push(...(known(index) ?? ["computed" as const]));
    else ways.push(constantly(() => rule.target({})));
    if (verdict === "always") return ways;
  }
  return [...ways, null];
}

/** Whether a rule holds in every pool, in none, or in some perhaps. */
export function verdictOf(rule: CompiledRule): "always" | "never" | "depends" {
  if (rule.conditionReads.size > 0) return "depends";
  const holds = constantly(() => rule.holds({}));
  return holds === null ? "depends" : holds ? "always" : "never";
}

/** What an expression without variables yields; null where it fails. */
function constantly<T>(evaluate: () => T): T | null {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof FlowError) return null;
    throw error;
  }
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
