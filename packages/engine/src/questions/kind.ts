import type { Answer, Json, Question } from "../schema.ts";

/** An answer as submitted: ids of options, a text, or both. */
export interface AnswerInput {
  answers?: readonly number[] | null;
  text?: string | null;
}

export const ANSWER_CODES = [
  "REQUIRED",
  "TOO_MANY",
  "EXCLUSIVE",
  "WRONG_VALUE",
  "WRONG_STATE",
  "TOO_LONG",
] as const;
export type AnswerCode = (typeof ANSWER_CODES)[number];

/** All errors of an answer, by field. */
export type AnswerErrors = Partial<Record<"answers" | "text", AnswerCode[]>>;

/** A valid answer: the chosen options, in the order submitted, and the text to store. */
export interface AcceptedAnswer {
  answers: Answer[];
  text: string;
}

export type Verdict = { accepted: AcceptedAnswer } | { errors: AnswerErrors };

/** Settings of the host for answers. */
export interface AnswerRules {
  /** Longest text, in characters. */
  textLength: number;
  /**
   * Formats accepted for date, time and datetime besides ISO 8601, made of yyyy MM M dd d HH H hh h mm ss a.
   */
  dateFormats: readonly string[];
  /** Whether free text can be combined with an exclusive option; by default not. */
  exclusiveWithText?: boolean;
}

export const DEFAULT_ANSWER_RULES: AnswerRules = {
  textLength: 10_000,
  dateFormats: ["MM/dd/yyyy", "h:mm a"],
};

/** A problem in the definition of a question. */
export type DefinitionProblem = { field: string; message: string };

/**
 * The behaviour of a type of question. A run passes a type that does not wait automatically; a type that is not shown
 * creates no message. `accept` is called only for types that wait; a control accepts anything.
 */
export interface QuestionKind {
  waits: boolean;
  shown: boolean;
  /** The problems of a definition beyond the rules for all types. */
  define(question: Question): DefinitionProblem[];
  accept(question: Question, input: AnswerInput, rules: AnswerRules): Verdict;
  /** The canonical value of a valid answer; null if it has no content. */
  value(question: Question, input: AnswerInput, rules: AnswerRules): Json;
}

export function verdict(accepted: AcceptedAnswer, errors: AnswerErrors): Verdict {
  return Object.keys(errors).length > 0 ? { errors } : { accepted };
}

/** Whether a text has more characters (code points) than the limit. */
export function isTooLong(text: string, limit: number): boolean {
  return text.length > limit && [...text].length > limit;
}
