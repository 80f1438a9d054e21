/** Why a transition stopped, and where in the schema. */
export interface FlowFailure {
  code: "BAD_EXPRESSION" | "UNKNOWN_QID" | "ENDLESS_LOOP" | "BUDGET_EXCEEDED";
  qid: number;
  /** Index of the forking rule. */
  rule?: number;
  /** Index of the variable modification. */
  modification?: number;
  message: string;
}

/** A failure, thrown to stop the transition. */
export class FlowError extends Error {
  readonly failure: FlowFailure;

  constructor(failure: FlowFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
