import type { Assignment, CompiledQuestion } from "../flow/compile.ts";
import { type Graph, reversed } from "./graph.ts";
import { riskIn } from "./risk.ts";

/** Variables × questions beyond which the analysis is not worth its memory. */
const MAX_BITS = 10_000_000;
/** Visits per question after which it has not converged fast enough. */
const MAX_VISITS = 50;

/** Which variables may still decide where the flow goes, or make an expression fail. */
export interface Liveness {
  /** Those that count while a question waits for its answer, by qid. */
  waiting: ReadonlyMap<number, readonly string[]>;
  /** Those that count anywhere. */
  anywhere: ReadonlySet<string>;
}

/**
 * Two runs that wait at the same question and agree in its live variables go the same ways from there, so
 * the exploration need follow one only: a score that no fork reads later does not multiply the states. This
 * is the textbook's analysis of live variables in its strong form (Nielson, Nielson and Hankin, Principles of
 * Program Analysis, 2.1.4), backward over the graph, on bit sets. Where it would cost too much, every
 * variable counts everywhere.
 */
export function livenessOf(graph: Graph): Liveness {
  const names = [...new Set(graph.questions.flatMap(namesIn))].sort();
  const bitOf = new Map(names.map((name, index) => [name, 1n << BigInt(index)]));
  const after = names.length * graph.questions.length > MAX_BITS ? null : converge(graph, bitOf);
  if (after === null)
    return {
      waiting: new Map(graph.questions.map(({ question }) => [question.qid, names])),
      anywhere: new Set(names),
    };

  const union = after.reduce((all, live) => all | live, 0n);
  const named = (live: bigint) =>
    live === 0n ? [] : names.filter((name) => (live & bitOf.get(name)!) !== 0n);
  return {
    waiting: new Map(graph.questions.map(({ question }, node) => [question.qid, named(after[node]!)])),
    anywhere: new Set(named(union)),
  };
}

/** What is live after each node's own modifications; null where that does not settle in time. */
function converge(graph: Graph, bitOf: ReadonlyMap<string, bigint>): bigint[] | null {
  const predecessors = reversed(graph.successors);
  const risky = riskIn(graph);
  const effects = graph.questions.map((current) => effectOf(current, bitOf, risky));
  const before: bigint[] = graph.successors.map(() => 0n);
  const after: bigint[] = graph.successors.map(() => 0n);

  const queue = [...graph.successors.keys()]; // taken from its end: backward by position
  const queued = new Set(queue);
  for (let visits = 0; queue.length > 0; visits++) {
    if (visits > MAX_VISITS * graph.successors.length) return null;
    const node = queue.pop()!;
    queued.delete(node);
    const leaving = graph.successors[node]!.reduce((live, next) => live | before[next]!, 0n);
    const effect = effects[node];
    after[node] = effect === undefined ? leaving : answered(effect, leaving);
    const entering = effect === undefined ? leaving : backward(effect.modify, after[node]!);
    if (entering === before[node]) continue;
    before[node] = entering;
    for (const previous of predecessors[node]!) {
      if (queued.has(previous)) continue;
      queued.add(previous);
      queue.push(previous);
    }
  }
  return after;
}

interface Write {
  target: bigint;
  reads: bigint;
  /** Whether its value may make it fail, so that what it reads counts even if its result does not. */
  risky: boolean;
}

interface Effect {
  modify: Write[];
  options: Write[][];
  /** Whether several options may be chosen, in any order. */
  mixed: boolean;
  /** What the rules read. */
  rules: bigint;
}

function effectOf(
  { question, modify, options, rules }: CompiledQuestion,
  bitOf: ReadonlyMap<string, bigint>,
  risky: (assignment: Assignment) => boolean,
): Effect {
  const bits = (reads: Iterable<string>) => [...reads].reduce((all, name) => all | bitOf.get(name)!, 0n);
  const writes = (assignments: Assignment[]) =>
    assignments.map((assignment): Write => {
      const { name, reads } = assignment;
      return { target: bitOf.get(name)!, reads: bits(reads), risky: risky(assignment) };
    });
  return {
    modify: writes(modify),
    options: [...options.values()].map(writes),
    mixed: question.type === "multichoice",
    rules: bits(rules.flatMap((rule) => [...rule.conditionReads, ...rule.targetReads])),
  };
}

function answered({ options, mixed, rules }: Effect, leaving: bigint): bigint {
  if (mixed) return shuffled(options.flat(), leaving);
  return (
    options.reduce((live, writes) => live | backward(writes, leaving), options.length === 0 ? leaving : 0n) |
    rules
  );
}

function backward(writes: Write[], live: bigint): bigint {
  return writes.reduceRight((needed, { target, reads, risky }) => {
    if (!risky && (needed & target) === 0n) return needed;
    return (needed & ~target) | reads;
  }, live);
}

/** Writes that may happen in any order or not at all: nothing dies, and what one reads another may write. */
function shuffled(writes: Write[], leaving: bigint): bigint {
  let live = leaving;
  for (let before = -1n; before !== live; ) {
    before = live;
    for (const { target, reads, risky } of writes) if (risky || (live & target) !== 0n) live |= reads;
  }
  return live;
}

function namesIn({ modify, options, rules }: CompiledQuestion): string[] {
  const assignments = [...modify, ...[...options.values()].flat()];
  return [
    ...assignments.flatMap(({ name, reads }) => [name, ...reads]),
    ...rules.flatMap((rule) => [...rule.conditionReads, ...rule.targetReads]),
  ];
}
