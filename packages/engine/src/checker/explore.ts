import { answer } from "../flow/answer.ts";
import { budgetFor } from "../flow/budget.ts";
import type { CompiledQuestion, CompiledRule, CompiledSchema } from "../flow/compile.ts";
import { start } from "../flow/enter.ts";
import type { FlowFailure } from "../flow/failure.ts";
import type { Run, Step } from "../flow/run.ts";
import { DEFAULT_ANSWER_RULES } from "../questions/kind.ts";
import type { Graph } from "./graph.ts";
import { type Inputs, inputsFor } from "./inputs.ts";
import { livenessOf } from "./liveness.ts";

/** Bounds, in things counted rather than time, so that a schema is always told the same. */
export const MAX_STATES = 20_000;
const MAX_WORK = 500_000;
const MAX_CHARACTERS = 8_000_000;
/** Units of the engine's work that count as one here. */
const UNITS = 40;

/** Failures that other values might not have met. */
const STOPPING: readonly FlowFailure["code"][] = ["BAD_EXPRESSION", "BUDGET_EXCEEDED"];

/** What came up when the schema was played through. */
export interface Exploration {
  /** Whether every state was visited before a bound was hit. */
  complete: boolean;
  /**
   * Whether what did not come up cannot come up: complete, every way of answering tried, and no expression
   * failed (where one does, other values might have gone on).
   */
  exhaustive: boolean;
  /** The qids that were entered. */
  entered: ReadonlySet<number>;
  /** The rules that were taken, as `qid:index`, and the qids that they led to. */
  taken: ReadonlyMap<string, ReadonlySet<number>>;
  failures: { failure: FlowFailure; path?: number[] }[];
}

/**
 * Plays the schema with the engine itself, from its first question, through every state (where a run waits,
 * and the variables that still count there) up to the bounds. The question with the fewest states so far
 * goes first: where the bounds cut it short, every question has been seen with some pool, not the early ones
 * with all.
 */
export function explore(compiled: CompiledSchema, graph: Graph): Exploration {
  const watched = watch(compiled);
  const liveness = livenessOf(graph);
  const inputs = new Map<number, Inputs>();
  const frontier = new Frontier();
  const failures = new Map<string, { failure: FlowFailure; path?: number[] }>();
  const seen = new Set<string>();
  let work = 0;
  let characters = 0;
  let sampled = false;

  const visit = ({ run, events }: Step) => {
    work += 1 + watched.trail.length;
    const last = events.at(-1);
    if (last?.type === "failed") note(failures, last.failure, watched.trail);
    if (run.question === null) return;
    const key = keyOf(run, liveness.waiting.get(run.question)!);
    if (seen.has(key)) return;
    seen.add(key);
    characters += key.length;
    frontier.push(run);
  };

  const beginning = budgetFor({});
  visit(start(watched.schema, "scripted", null, beginning));
  work += beginning.spent / UNITS;
  let complete = true;
  for (let run = frontier.pop(); run !== undefined; run = frontier.pop()) {
    const current = watched.schema.byQid.get(run.question!)!;
    const tries = inputs.get(run.question!) ?? inputsFor(current, liveness.anywhere);
    inputs.set(run.question!, tries);
    sampled ||= !tries.all;
    const weight = Object.keys(run.variables).length / 4; // copying a pool costs
    for (const input of tries.inputs) {
      work += weight;
      watched.trail.length = 0;
      const budget = budgetFor(run.variables);
      const spent = budget.spent;
      const step = answer(watched.schema, "scripted", run, current, input, DEFAULT_ANSWER_RULES, { budget });
      work += (budget.spent - spent) / UNITS;
      if ("events" in step) visit(step);
      complete = seen.size <= MAX_STATES && work <= MAX_WORK && characters <= MAX_CHARACTERS;
      if (!complete) break;
    }
    if (!complete) break;
  }

  const found = [...failures.values()];
  const sure = complete && !sampled && found.every(({ failure }) => !STOPPING.includes(failure.code));
  return { complete, exhaustive: sure, entered: watched.entered, taken: watched.taken, failures: found };
}

/** The schema with every question noting that it was entered, and every rule that it was taken. */
function watch(compiled: CompiledSchema) {
  const entered = new Set<number>();
  const taken = new Map<string, Set<number>>();
  const trail: number[] = [];

  const watchRule = (rule: CompiledRule, key: string): CompiledRule => ({
    ...rule,
    holds(variables, budget) {
      const holds = rule.holds(variables, budget);
      if (holds && !taken.has(key)) taken.set(key, new Set());
      return holds;
    },
    target(variables, budget) {
      const target = rule.target(variables, budget);
      taken.get(key)!.add(target);
      return target;
    },
  });
  const watchQuestion = (current: CompiledQuestion): CompiledQuestion => {
    const { qid } = current.question;
    const note = () => {
      entered.add(qid);
      trail.push(qid);
    };
    return {
      ...current,
      modify: [{ name: "", expression: "", reads: new Set(), assign: note }, ...current.modify],
      rules: current.rules.map((rule, index) => watchRule(rule, `${qid}:${index}`)),
    };
  };
  const byQid = new Map([...compiled.byQid].map(([qid, current]) => [qid, watchQuestion(current)]));
  return { schema: { ...compiled, byQid }, entered, taken, trail };
}

/** Runs yet to go on from; those at the question with the fewest before them first. */
class Frontier {
  readonly #ranks: Run[][] = [];
  readonly #counts = new Map<number, number>();
  #lowest = 0;

  push(run: Run): void {
    const rank = this.#counts.get(run.question!) ?? 0;
    this.#counts.set(run.question!, rank + 1);
    this.#ranks[rank] ??= [];
    this.#ranks[rank].push(run);
    this.#lowest = Math.min(this.#lowest, rank);
  }

  pop(): Run | undefined {
    while (this.#lowest < this.#ranks.length) {
      const run = this.#ranks[this.#lowest]!.pop();
      if (run !== undefined) return run;
      this.#lowest++;
    }
    return undefined;
  }
}

/** A variable that is not set reads as 0, so it is the same state as one that is 0. */
function keyOf({ question, variables }: Run, live: readonly string[]): string {
  const values = live.map((name) => (Object.hasOwn(variables, name) ? variables[name] : 0));
  return `${question}${JSON.stringify(values)}`;
}

/** Keeps a failure once for each place, a loop with the way round that the trail shows. */
function note(
  failures: Map<string, { failure: FlowFailure; path?: number[] }>,
  failure: FlowFailure,
  trail: number[],
) {
  const { code, qid, rule, modification } = failure;
  const key = [code, qid, rule, modification].join();
  if (failures.has(key)) return;
  const again = code === "ENDLESS_LOOP" ? trail.lastIndexOf(qid) : -1;
  failures.set(key, again === -1 ? { failure } : { failure, path: [...trail.slice(again), qid] });
}
