import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { Message } from "./message.ts";
import { As, Id, Nullable, Time } from "./nullable.ts";
import { Question } from "./schema.ts";
import { UserRef } from "./userId.ts";

export const STATES = ["open", "closed", "scripted", "scripted_fe_controlled", "assisted"] as const;
export type State = (typeof STATES)[number];

export const ON_FINISH = ["open", "close", "repeat"] as const;
export const FREQUENCY_UNITS = ["hours", "days", "weeks", "months"] as const;

const stateOf = (whom: string) =>
  Type.String({
    enum: [...STATES],
    description: `The state of ${whom}: \`open\` writes freely, \`closed\` not at all; in the others a schema leads`,
    examples: ["open"],
  });
const OnFinish = Type.String({
  enum: [...ON_FINISH],
  description: "What becomes of the member when the schema ends",
  examples: ["open"],
});
const FrequencyUnit = Type.String({ enum: [...FREQUENCY_UNITS] });

/** What the bits of `permissions` mean, and those of `notifications`. */
export const PERMISSION_BITS =
  "A bit field: 1 read messages, 2 create them, 4 edit one's own, 8 delete messages, 16 read the thread, 32 edit it, 64 leave by deleting it, 128 add members, 256 remove them, 512 control others, 1024 break a scripted state, 2048 roll back one's own run, 4096 reopen by writing";
export const NOTIFICATION_BITS =
  "A bit field: 1 count unread messages, 2 push over the socket; 4, 8 and 16 (push, mail, SMS) are only stored";

/** How a schema leads a member: in threads as their reader, in lists of members as each. */
const mode = {
  automated_sender: Nullable(UserRef, "In whose name the automation speaks; null for nobody's"),
  frequency_unit: Nullable(FrequencyUnit, "The unit of `frequency_value`"),
  frequency_value: Nullable(Type.Integer(), "After how many units the schema begins again"),
  repeat_until: Nullable(Time, "When it stops to begin again"),
  initial_question: Nullable(Type.Integer(), "The id of the question that it begins with; null is the first"),
};

/** A thread as one of its members sees it: with their state, permissions and unread count. */
export const Thread = Type.Object(
  {
    id: Id,
    type: Type.String({ description: "One of the types that the server knows", examples: ["chat"] }),
    created: { ...Time, description: "When it was made" },
    updated: { ...Time, description: "When something in it last changed" },
    permissions: Type.Integer({ description: `The reader's rights. ${PERMISSION_BITS}`, examples: [507] }),
    notifications: Type.Integer({
      description: `What the reader is told of. ${NOTIFICATION_BITS}`,
      examples: [3],
    }),
    schema: Nullable(Type.Integer(), "The id of the schema that leads the reader"),
    state: stateOf("the reader"),
    question: Nullable(Type.Integer(), "The id of the question that waits for the reader"),
    question_data: Nullable(Question, "That question"),
    unread: Type.Integer({ description: "How many messages the reader has not read", examples: [0] }),
    on_finish: OnFinish,
    title: Type.String({ description: "Empty where it was given none", examples: ["Together"] }),
    users_data: Type.Array(Account, { description: "The members, the first ones where there are many" }),
    frequency_unit: mode.frequency_unit,
    frequency_value: mode.frequency_value,
    next_restart: Nullable(Time, "When the schema begins again"),
    automated_sender: mode.automated_sender,
    initial_question: mode.initial_question,
    repeat_until: mode.repeat_until,
    related_message: Nullable(Type.Integer(), "The id of the message that shows the question"),
    last_message_data: Nullable(Message, "The newest message that the reader may see"),
  },
  {
    title: "Thread",
    description: "A thread as one of its members sees it: their mode, their rights, their unread count",
  },
);
export type Thread = Static<typeof Thread>;

export const ThreadDetail = Type.Object(
  {
    ...Thread.properties,
    variables_pool: Type.Unsafe<Record<string, unknown>>({
      type: "object",
      additionalProperties: true,
      description: "The variables of the reader's run, by name",
    }),
  },
  { title: "ThreadDetail", description: "A thread alone, with the variables of its reader's run" },
);
export type ThreadDetail = Static<typeof ThreadDetail>;

const thread_data = As(ThreadDetail, "The thread as the reader sees it now");

/** A message with its reader's view of the thread, as in a push. */
export const MessageInThread = Type.Object(
  { ...Message.properties, thread_data },
  { title: "MessageInThread", description: "A message with its reader's view of the thread" },
);
export type MessageInThread = Static<typeof MessageInThread>;

/** The response to a POST of a message. */
export const PostedMessage = Type.Object(
  {
    ...Message.properties,
    answers: Type.Array(Id, { description: "The ids of the options chosen" }),
    thread_data,
  },
  { title: "PostedMessage", description: "A message that was posted, and its sender's view of the thread" },
);
export type PostedMessage = Static<typeof PostedMessage>;

/** A member as everybody sees them. */
export const Member = Type.Object(
  {
    user: UserRef,
    users_data: As(Account, "The member's account"),
    permissions: Type.Integer({ description: `The member's rights. ${PERMISSION_BITS}`, examples: [19] }),
  },
  { title: "Member", description: "A member of a thread" },
);
export type Member = Static<typeof Member>;

/** A member as seen by members with the permission "control other members". */
export const ControlledMember = Type.Object(
  {
    ...Member.properties,
    ...mode,
    on_finish: OnFinish,
    schema: Nullable(Type.Integer(), "The id of the schema that leads the member"),
    state: stateOf("the member"),
  },
  { title: "ControlledMember", description: "A member as those see them who control others" },
);
export type ControlledMember = Static<typeof ControlledMember>;

/** A deleted message, as it is pushed. */
export const DeletedMessage = Type.Object(
  { id: Id, thread: Id, deleted: Type.Literal(true) },
  { title: "DeletedMessage", description: "What is left of a message that was deleted" },
);
export type DeletedMessage = Static<typeof DeletedMessage>;

/** A thread that its reader has left or was removed from. */
export interface DeletedThread {
  id: number;
  deleted: true;
}
