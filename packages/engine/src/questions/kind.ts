import type { Answer, Json, Question } from "../schema.ts";

/** What a person submits to a question: ids of its answers, a text, or both. */
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

/** All that is wrong with an answer, by field. */
export type AnswerErrors = Partial<Record<"answers" | "text", AnswerCode[]>>;

/** An answer that its question takes: the options chosen, in the order submitted, and the text to store. */
export interface AcceptedAnswer {
  answers: Answer[];
  text: string;
}

export type Verdict = { accepted: AcceptedAnswer } | { errors: AnswerErrors };

/** What the host decides about answers. */
export interface AnswerRules {
  /** Longest text, in characters. */
  textLength: number;
  /** Formats beside ISO 8601 for date, time and datetime, in tokens: yyyy MM M dd d HH H hh h mm ss a. */
  dateFormats: readonly string[];
  /** Whether a text may be written beside an exclusive answer; by default not. */
  exclusiveWithText?: boolean;
}

export const DEFAULT_ANSWER_RULES: AnswerRules = {
  textLength: 10_000,
  dateFormats: ["MM/dd/yyyy", "h:mm a"],
};

/** What is wrong with a question as defined: DRF's shape, field → messages. */
export type DefinitionProblem = { field: string; message: string };

/**
 * One kind of question. A kind that does not wait is passed automatically; one that is not shown makes no
 * message. `accept` is asked only of kinds that wait; a control takes anything.
 */
export interface QuestionKind {
  waits: boolean;
  shown: boolean;
  /** What its definition must hold beyond the rules for every kind. */
  define(question: Question): DefinitionProblem[];
  accept(question: Question, input: AnswerInput, rules: AnswerRules): Verdict;
  /** The canonical value of an answer that it accepts; null of one without content. */
  value(question: Question, input: AnswerInput, rules: AnswerRules): Json;
}

export function verdict(accepted: AcceptedAnswer, errors: AnswerErrors): Verdict {
  return Object.keys(errors).length > 0 ? { errors } : { accepted };
}

/** Whether a text has more than so many characters (code points). */
export function isTooLong(text: string, limit: number): boolean {
  return text.length > limit && [...text].length > limit;
}
