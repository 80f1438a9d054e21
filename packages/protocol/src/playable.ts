import type {
  Group as EngineGroup,
  Question as EngineQuestion,
  Schema as EngineSchema,
  ForkingRule,
  Json,
  Modification,
} from "@colloquy/engine";
import type { Group, Question, Schema } from "./shapes/schema.ts";

/**
 * A schema from `GET /schemas/{id}` as a schema for the engine, so that a front end can compute the next state of a
 * form before the server responds. Grouped questions are included. Comments of authors, which the server does not
 * send, are empty.
 */
export function playable({ groups, questions, ...schema }: Schema): EngineSchema {
  const all = [...questions, ...groups.flatMap((group) => group.questions)];
  return {
    ...schema,
    language: "en",
    groups: groups.map(
      ({ id, name, position }: Group): EngineGroup => ({ id, name, position, translations: {} }),
    ),
    questions: all.toSorted((one, other) => one.position - other.position).map(playableQuestion),
  };
}

function playableQuestion({ schema: _schema, has_attachments: _has, ...question }: Question): EngineQuestion {
  return {
    ...question,
    type: question.type as EngineQuestion["type"],
    meta: question.meta as Json,
    variable_modifications: question.variable_modifications as Modification[],
    forking_rules: question.forking_rules as ForkingRule[],
    answers: question.answers.map(({ question: _question, ...answer }) => ({
      ...answer,
      // Compatible servers do not show values, and nothing that is played goes by them.
      value: answer.value ?? answer.text,
      meta: answer.meta as Json,
      variable_modifications: answer.variable_modifications as Modification[],
      comments: "",
      translations: {},
    })),
    attachments: question.attachments.map(({ question: _question, ...attachment }) => ({
      ...attachment,
      thumbnail: attachment.thumbnail as Json,
      options: attachment.options as Json,
      content_type: attachment.content_type as number | string | null,
      translations: {},
    })),
    comments: "",
    translations: {},
  };
}
