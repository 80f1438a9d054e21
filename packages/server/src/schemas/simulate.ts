import {
  type AnswerErrors,
  answer,
  Budget,
  type CompiledSchema,
  type FlowEvent,
  type FlowFailure,
  type Json,
  start,
  TRANSITION_WORK,
  type Variables,
} from "@colloquy/engine";
import { fields, invalid, JsonField, ListOf, type Question, texts } from "@colloquy/protocol";
import { Type } from "typebox";
import type { Compat } from "../http/compat.ts";
import { type AnswerSettings, answerRules } from "./answerRules.ts";
import { toQuestion } from "./wire.ts";

/** What it takes to play a schema through. */
export interface SimulateDeps {
  settings: AnswerSettings & Compat;
}

/** What is submitted, question by question: `{answers: [id], text}`; anything confirms a control. */
export const SimulateBody = fields(
  {
    answers: ListOf(JsonField(), {
      required: false,
      maxItems: 1_000,
      description: "One answer per question: `{answers: [id], text}`. Any value confirms a control",
    }),
  },
  { title: "Simulation", description: "Answers to play through a schema" },
);

const Simulated = { title: "Simulated", description: "The result of a simulation" };
export const SimulateAnswer = Type.Object(
  {
    messages: Type.Array(
      Type.Unknown({ description: "`{role: 'question' | 'answer', qid, text, type}` in order" }),
      { description: "The messages" },
    ),
    question: Type.Unknown({ description: "The question that waits now, or null" }),
    variables: Type.Unknown({ description: "The pool" }),
    failure: Type.Unknown({ description: "Where the schema failed, or took too much work, or null" }),
    errors: Type.Unknown({ description: "What is wrong with the first answer that was refused, or null" }),
  },
  Simulated,
);

/** A conversation that was played. */
export interface Simulation {
  /** `{role: "question" | "answer", qid, text, type}`, in order. */
  messages: { [key: string]: Json }[];
  /** The one that waits now; null where there is none. */
  question: Question | null;
  variables: Variables;
  /** Where the schema failed, or took too much work. */
  failure: FlowFailure | null;
  /** What is wrong with the first answer that was refused. */
  errors: AnswerErrors | null;
}

/** Plays answers through a schema in the pure engine. */
export function simulateRequest(
  deps: SimulateDeps,
  compiled: CompiledSchema,
  body: { answers?: unknown[] | undefined },
): Simulation {
  const { schema } = compiled;
  const rules = answerRules(deps.settings);
  // Of all that is played, since it is played in one go.
  const budget = new Budget(TRANSITION_WORK);
  let step = start(compiled, "scripted", null, budget);
  const messages = step.events.flatMap(toLine);
  let errors: AnswerErrors | null = null;
  for (const [index, given] of (body.answers ?? []).entries()) {
    if (step.run.question === null) break;
    const current = compiled.byQid.get(step.run.question)!;
    const outcome = answer(compiled, "scripted", step.run, current, inputOf(given, index), rules, {
      budget,
    });
    if ("errors" in outcome) {
      errors = outcome.errors;
      break;
    }
    step = outcome;
    messages.push(...step.events.flatMap(toLine));
  }
  const waiting = step.run.question === null ? null : compiled.byQid.get(step.run.question)!.question;
  return {
    messages,
    question: waiting === null ? null : toQuestion(deps, waiting, schema.id),
    variables: step.run.variables,
    failure: step.events.flatMap((event) => (event.type === "failed" ? event.failure : []))[0] ?? null,
    errors,
  };
}

function inputOf(given: unknown, index: number): { answers?: number[]; text?: string } {
  const { answers, text } = (given ?? {}) as { answers?: unknown; text?: unknown };
  const ids =
    answers === undefined || (Array.isArray(answers) && answers.every((id) => Number.isSafeInteger(id)));
  const isText = text === undefined || text === null || typeof text === "string";
  if (typeof given !== "object" || Array.isArray(given) || !ids || !isText)
    throw invalid({ answers: [`${index}: ${texts.WRONG_VALUE}`] });
  return { answers: (answers as number[] | undefined) ?? [], text: (text as string | undefined) ?? "" };
}

/** A line of the conversation, as a person would see it. */
function toLine(event: FlowEvent): { [key: string]: Json }[] {
  if (event.type === "shown")
    return [
      {
        role: "question",
        qid: event.question.qid,
        text: event.question.text,
        type: event.question.show_as_type,
      },
    ];
  if (event.type === "answered")
    return [{ role: "answer", qid: event.question.qid, text: event.text, type: "message" }];
  return [];
}
