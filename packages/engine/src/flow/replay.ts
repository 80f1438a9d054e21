import type { Value } from "../expressions/index.ts";
import { type Assignment, apply, type CompiledSchema } from "./compile.ts";
import { FlowError } from "./failure.ts";
import type { FlowEvent, Variables } from "./run.ts";

/** What is kept of a run, in order: ids of questions shown or passed, and of options chosen. */
export type HistoryEntry =
  | { shown: number }
  | { passed: number }
  | { answered: readonly number[]; question: number };

/**
 * The pool as the history makes it (by default from an empty one): what it would be had nothing else ever
 * happened. An entry whose modifications fail leaves the pool as it was.
 */
export function replay(
  schema: CompiledSchema,
  history: Iterable<HistoryEntry>,
  from: Variables = {},
): Variables {
  let variables = from;
  for (const entry of history) variables = after(assignments(schema, entry), variables);
  return variables;
}

/** The entry that an event leaves in the history, if any. */
export function historyOf(event: FlowEvent): HistoryEntry[] {
  if (event.type === "shown") return [{ shown: event.question.id }];
  if (event.type === "passed") return [{ passed: event.question.id }];
  if (event.type === "answered")
    return [{ answered: event.answers.map((chosen) => chosen.id), question: event.question.id }];
  return [];
}

function assignments(schema: CompiledSchema, entry: HistoryEntry): Assignment[] {
  if ("shown" in entry) return schema.byId.get(entry.shown)?.modify ?? [];
  if ("passed" in entry) return schema.byId.get(entry.passed)?.modify ?? [];
  const options = schema.byId.get(entry.question)?.options;
  return entry.answered.flatMap((id) => options?.get(id) ?? []);
}

function after(assigned: Assignment[], variables: Variables): Variables {
  if (assigned.length === 0) return variables;
  const next: Record<string, Value> = { ...variables };
  try {
    apply(assigned, next);
    return next;
  } catch (error) {
    if (error instanceof FlowError) return variables;
    throw error;
  }
}
