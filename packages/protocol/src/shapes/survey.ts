import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { As, FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { Answer, Question } from "./schema.ts";
import { UserRef } from "./userId.ts";

/** The visible questions of a survey, and whether all required ones are answered. */
export const SurveyState = Type.Object(
  {
    visibility: Type.Array(Type.Integer(), { description: "The qids of visible questions, by position" }),
    completed: Type.Boolean({ description: "Whether all that is required and visible is answered" }),
  },
  { title: "SurveyState", description: "What a form shows, and whether it is complete" },
);
export type SurveyState = Static<typeof SurveyState>;

/** A survey as part of its items. */
export const SurveySummary = Type.Object(
  {
    id: Id,
    schema: { ...Id, description: "The id of its schema" },
    user: As(UserRef, "The id of who answers it"),
    automated_sender: Nullable(UserRef, "In whose name it asks; null for nobody's"),
    state: Nullable(SurveyState, "Null for a schema without questions"),
    created: { ...Time, description: "When it was begun" },
    updated: { ...Time, description: "When an answer last came, changed or went" },
  },
  { title: "SurveySummary", description: "A survey as its answers carry it" },
);
export type SurveySummary = Static<typeof SurveySummary>;

/** One user's run through a schema as a live form. */
export const Survey = Type.Object(
  {
    ...SurveySummary.properties,
    user_data: As(Account, "Who answers it"),
    automated_sender_data: Nullable(Account, "In whose name it asks"),
    variables_pool: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        additionalProperties: true,
        description: "Its variables, by name; of one survey, and only where `?fields` asks for them",
      }),
    ),
  },
  { title: "Survey", description: "One user's run through a schema as a live form" },
);
export type Survey = Static<typeof Survey>;

/** The answer to one question of a survey. */
export const SurveyItem = Type.Object(
  {
    id: Nullable(Id, "An id; null where the answer was only verified"),
    survey: { ...Id, description: "The id of its survey" },
    survey_data: As(SurveySummary, "Its survey, as the answer leaves it"),
    related_question: { ...Id, description: "The id of its question" },
    related_question_data: As(Question, "Its question"),
    answers: Type.Array(Id, { description: "The ids of the options chosen, in the order chosen" }),
    answers_data: Type.Array(Answer, { description: "These options" }),
    text: Type.String({ description: "What is written, or the wording of what is chosen" }),
    meta: { ...FreeJson, description: "Free JSON of whoever answered" },
    type: Type.String({ description: "`answer`", examples: ["answer"] }),
    position: Type.Integer({ description: "The question's", examples: [0] }),
    active: Type.Boolean({ description: "Whether its question is visible, so that it counts" }),
    sender: Nullable(UserRef, "The id of who answered"),
    sender_data: Nullable(Account, "Who answered"),
    has_attachments: Type.Boolean({ description: "Whether there is anything in `attachments_data`" }),
    attachments_data: Type.Array(FreeJson, { description: "What is attached to it" }),
    created: Nullable(Time, "When it was first given"),
    updated: Nullable(Time, "When it was last changed"),
  },
  { title: "SurveyItem", description: "The answer to one question of a survey" },
);
export type SurveyItem = Static<typeof SurveyItem>;

/** A deleted survey, as it is pushed. */
export interface DeletedSurvey {
  id: number;
  deleted: true;
}
