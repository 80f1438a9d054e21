import type { Value } from "../expressions/index.ts";
import type { Answer, Question } from "../schema.ts";
import type { FlowFailure } from "./failure.ts";

/** The variables of a run: name → value. An unknown name reads as 0. */
export type Variables = Readonly<Record<string, Value>>;

/** A run: at one question that waits, or finished (`question: null`). Plain JSON. */
export interface Run {
  /** The qid it waits at. */
  question: number | null;
  variables: Variables;
}

/**
 * Who shows the questions. `scripted`: a question is shown on entering it. `controlled`: the front end
 * shows it; it counts as shown when its answer comes. Messages and forks are passed alike in both.
 */
export type Mode = "scripted" | "controlled";

export type FlowEvent =
  /** Its modifications were applied and nothing was shown: a fork, or a control that the front end showed. */
  | { type: "passed"; question: Question }
  | { type: "shown"; question: Question }
  | { type: "answered"; question: Question; answers: Answer[]; text: string }
  | { type: "confirmed"; question: Question }
  | { type: "finished" }
  /** The transition stopped; the run is over. */
  | { type: "failed"; failure: FlowFailure };

/** What a transition did, in order, and where the run is now. */
export interface Step {
  run: Run;
  events: FlowEvent[];
}
