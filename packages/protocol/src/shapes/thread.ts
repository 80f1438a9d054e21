import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { Message } from "./message.ts";
import { Id, Nullable, Time } from "./nullable.ts";
import { Question } from "./schema.ts";
import { UserRef } from "./userId.ts";

export const STATES = ["open", "closed", "scripted", "scripted_fe_controlled", "assisted"] as const;
export type State = (typeof STATES)[number];

export const ON_FINISH = ["open", "close", "repeat"] as const;
export const FREQUENCY_UNITS = ["hours", "days", "weeks", "months"] as const;

/** A thread as one of its members sees it: with their state, permissions and unread count. */
export const Thread = Type.Object({
  id: Id,
  type: Type.String(),
  created: Time,
  updated: Time,
  permissions: Type.Integer({ description: "Bit field of rights" }),
  notifications: Type.Integer({ description: "Bit field of ways to be told" }),
  schema: Nullable(Type.Integer()),
  state: Type.String({ description: STATES.join(", ") }),
  question: Nullable(Type.Integer(), "The question that waits for the reader"),
  question_data: Nullable(Question),
  unread: Type.Integer(),
  on_finish: Type.String({ description: ON_FINISH.join(", ") }),
  title: Type.String({ description: "Empty where it was given none" }),
  users_data: Type.Array(Account, { description: "The members, the first ones where there are many" }),
  frequency_unit: Nullable(Type.String()),
  frequency_value: Nullable(Type.Integer()),
  next_restart: Nullable(Time),
  automated_sender: Nullable(UserRef),
  initial_question: Nullable(Type.Integer()),
  repeat_until: Nullable(Time),
  related_message: Nullable(Type.Integer(), "The message that shows the question"),
  last_message_data: Nullable(Message),
});
export type Thread = Static<typeof Thread>;

export const ThreadDetail = Type.Object({
  ...Thread.properties,
  variables_pool: Type.Unsafe<Record<string, unknown>>({ type: "object", additionalProperties: true }),
});
export type ThreadDetail = Static<typeof ThreadDetail>;

/** A message with its reader's view of the thread, as in a push. */
export const MessageInThread = Type.Object({ ...Message.properties, thread_data: ThreadDetail });
export type MessageInThread = Static<typeof MessageInThread>;

/** The response to a POST of a message. */
export const PostedMessage = Type.Object({
  ...Message.properties,
  answers: Type.Array(Id, { description: "The options chosen" }),
  thread_data: ThreadDetail,
});
export type PostedMessage = Static<typeof PostedMessage>;

/** A member as everybody sees them. */
export const Member = Type.Object({ user: UserRef, users_data: Account, permissions: Type.Integer() });
export type Member = Static<typeof Member>;

/** A member as seen by members with the permission "control other members". */
export const ControlledMember = Type.Object({
  ...Member.properties,
  automated_sender: Nullable(UserRef),
  frequency_unit: Nullable(Type.String()),
  frequency_value: Nullable(Type.Integer()),
  repeat_until: Nullable(Time),
  initial_question: Nullable(Type.Integer()),
  on_finish: Type.String(),
  schema: Nullable(Type.Integer()),
  state: Type.String(),
});
export type ControlledMember = Static<typeof ControlledMember>;

/** A deleted message, as it is pushed. */
export const DeletedMessage = Type.Object({ id: Id, thread: Id, deleted: Type.Literal(true) });
export type DeletedMessage = Static<typeof DeletedMessage>;

/** A thread that its reader has left or was removed from. */
export interface DeletedThread {
  id: number;
  deleted: true;
}
