import { type CompiledSchema, type HistoryEntry, type Replayed, replay } from "@colloquy/engine";
import type { MessageRow } from "../conversation/view/message.ts";

/** What is left of a run, as the engine replays it. */
export interface RunHistory {
  /** Questions passed before the first message. */
  passed: readonly number[];
  messages: readonly MessageRow[];
}

/** The pool that a run's surviving messages make; with a failure where that takes more work than is allowed. */
export function poolOf(schema: CompiledSchema, { passed, messages }: RunHistory): Replayed {
  return replay(schema, [...passedEntries(passed), ...messages.flatMap(entries)]);
}

function entries(message: MessageRow): HistoryEntry[] {
  const question = message.related_question!;
  const own: HistoryEntry =
    message.run_role === "question" ? { shown: question } : { answered: message.answers, question };
  return [own, ...passedEntries(message.passed)];
}

function passedEntries(questions: readonly number[]): HistoryEntry[] {
  return questions.map((question) => ({ passed: question }));
}
