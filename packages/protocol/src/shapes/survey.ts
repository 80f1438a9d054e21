import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { Answer, Question } from "./schema.ts";
import { UserRef } from "./userId.ts";

/** The visible questions of a survey, and whether all required ones are answered. */
export const SurveyState = Type.Object({
  visibility: Type.Array(Type.Integer(), { description: "The qids of visible questions, by position" }),
  completed: Type.Boolean(),
});
export type SurveyState = Static<typeof SurveyState>;

/** A survey as part of its items. */
export const SurveySummary = Type.Object({
  id: Id,
  schema: Id,
  user: UserRef,
  automated_sender: Nullable(UserRef),
  state: Nullable(SurveyState, "Null for a schema without questions"),
  created: Time,
  updated: Time,
});
export type SurveySummary = Static<typeof SurveySummary>;

/** One user's run through a schema as a live form. */
export const Survey = Type.Object({
  ...SurveySummary.properties,
  user_data: Account,
  automated_sender_data: Nullable(Account),
});
export type Survey = Static<typeof Survey>;

/** The answer to one question of a survey. */
export const SurveyItem = Type.Object({
  id: Nullable(Id, "Null where the answer was only verified"),
  survey: Id,
  survey_data: SurveySummary,
  related_question: Id,
  related_question_data: Question,
  answers: Type.Array(Id, { description: "The options chosen, in the order chosen" }),
  answers_data: Type.Array(Answer),
  text: Type.String(),
  meta: FreeJson,
  type: Type.String({ description: "`answer`" }),
  position: Type.Integer({ description: "The question's" }),
  active: Type.Boolean({ description: "Whether its question is visible, so that it counts" }),
  sender: Nullable(UserRef),
  sender_data: Nullable(Account),
  has_attachments: Type.Boolean(),
  attachments_data: Type.Array(FreeJson),
  created: Nullable(Time),
  updated: Nullable(Time),
});
export type SurveyItem = Static<typeof SurveyItem>;

/** A deleted survey, as it is pushed. */
export interface DeletedSurvey {
  id: number;
  deleted: true;
}
