import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { As, FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { Answer, Question } from "./schema.ts";
import { UserRef } from "./userId.ts";

/** The visible questions of a survey, and whether all required ones are answered. */
export const SurveyState = Type.Object(
  {
    visibility: Type.Array(Type.Integer(), { description: "The qids of visible questions, by position" }),
    completed: Type.Boolean({ description: "Whether all required visible questions are answered" }),
  },
  { title: "SurveyState", description: "The visible questions of a survey, and whether it is completed" },
);
export type SurveyState = Static<typeof SurveyState>;

/** A survey as part of its items. */
export const SurveySummary = Type.Object(
  {
    id: Id,
    schema: { ...Id, description: "The id of its schema" },
    user: As(UserRef, "The id of the user who answers it"),
    automated_sender: Nullable(UserRef, "The id of the user who is shown as the sender; null for none"),
    state: Nullable(SurveyState, "Null for a schema without questions"),
    created: { ...Time, description: "The time when it was begun" },
    updated: { ...Time, description: "The time of the last change to its answers" },
  },
  { title: "SurveySummary", description: "A survey as part of its answers" },
);
export type SurveySummary = Static<typeof SurveySummary>;

/** One user's run through a schema as a live form. */
export const Survey = Type.Object(
  {
    ...SurveySummary.properties,
    user_data: As(Account, "The account of the user who answers it"),
    automated_sender_data: Nullable(Account, "The account of the sender"),
    variables_pool: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        additionalProperties: true,
        description: "Its variables, by name. With `GET /surveys/{id}`, only if requested with `?fields`",
      }),
    ),
  },
  { title: "Survey", description: "A schema as a form that one user answers" },
);
export type Survey = Static<typeof Survey>;

/** The answer to one question of a survey. */
export const SurveyItem = Type.Object(
  {
    id: Nullable(Id, "An id; null if the answer was only checked"),
    survey: { ...Id, description: "The id of its survey" },
    survey_data: As(SurveySummary, "Its survey, after this answer"),
    related_question: { ...Id, description: "The id of its question" },
    related_question_data: As(Question, "Its question"),
    answers: Type.Array(Id, { description: "The ids of the chosen options, in order" }),
    answers_data: Type.Array(Answer, { description: "The chosen options" }),
    text: Type.String({ description: "The text of the answer, or the wording of the chosen options" }),
    meta: { ...FreeJson, description: "Any JSON of the user" },
    type: Type.String({ description: "`answer`", examples: ["answer"] }),
    position: Type.Integer({ description: "The position of its question", examples: [0] }),
    active: Type.Boolean({ description: "Whether its question is visible, so that it counts" }),
    sender: Nullable(UserRef, "The id of the user who answered"),
    sender_data: Nullable(Account, "The account of the user who answered"),
    has_attachments: Type.Boolean({ description: "Whether it has attachments" }),
    attachments_data: Type.Array(FreeJson, { description: "Its attachments" }),
    created: Nullable(Time, "The time when it was first stored"),
    updated: Nullable(Time, "The time of its last change"),
  },
  { title: "SurveyItem", description: "The answer to a question of a survey" },
);
export type SurveyItem = Static<typeof SurveyItem>;

/** A deleted survey, as it is pushed. */
export interface DeletedSurvey {
  id: number;
  deleted: true;
}
