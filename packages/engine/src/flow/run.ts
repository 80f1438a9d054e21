import type { Value } from "../expressions/index.ts";
import type { Answer, Question } from "../schema.ts";
import type { FlowFailure } from "./failure.ts";

/** The variables of a run: name → value. An unknown name reads as 0. */
export type Variables = Readonly<Record<string, Value>>;

/** The state of a run: it waits at a question, or is finished (`question: null`). Plain JSON. */
export interface Run {
  /** The qid it waits at. */
  question: number | null;
  variables: Variables;
}

/**
 * Who shows the questions. `scripted`: the engine shows a question on entering it. `controlled`: the front end shows
 * it, and it counts as shown when its answer arrives. Both pass messages and forks.
 */
export type Mode = "scripted" | "controlled";

export type FlowEvent =
  /**
   * The modifications were applied and nothing was shown: for a fork, or a control shown by the front end.
   */
  | { type: "passed"; question: Question }
  | { type: "shown"; question: Question }
  | { type: "answered"; question: Question; answers: Answer[]; text: string }
  | { type: "confirmed"; question: Question }
  | { type: "finished" }
  /** The transition stopped; the run is over. */
  | { type: "failed"; failure: FlowFailure };

/** The result of a transition: its events in order, and the new state of the run. */
export interface Step {
  run: Run;
  events: FlowEvent[];
}
