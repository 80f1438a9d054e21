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
    description: `The state of ${whom}. In \`open\` they write freely, in \`closed\` not at all; the others need a schema`,
    examples: ["open"],
  });
const OnFinish = Type.String({
  enum: [...ON_FINISH],
  description: "What happens when the schema ends",
  examples: ["open"],
});
const FrequencyUnit = Type.String({ enum: [...FREQUENCY_UNITS] });

/** The bits of `permissions` and of `notifications`. */
export const PERMISSION_BITS =
  "A bit field: 1 read messages, 2 create messages, 4 edit one's own messages, 8 delete messages, 16 read the thread, 32 edit the thread, 64 leave, 128 add members, 256 remove members, 512 control other members, 1024 break a scripted state, 2048 roll back one's own run, 4096 reopen by writing";
export const NOTIFICATION_BITS =
  "A bit field: 1 counts unread messages, 2 pushes over WebSocket; 4, 8 and 16 (push notifications, mail, SMS) are stored, but nothing is sent yet";

/** The mode of a member: in a thread that of its reader, in a list of members that of each. */
const mode = {
  automated_sender: Nullable(
    UserRef,
    "The id of the user who is shown as the sender of automated messages; null for none",
  ),
  frequency_unit: Nullable(FrequencyUnit, "The unit of `frequency_value`"),
  frequency_value: Nullable(Type.Integer(), "The number of units after which the schema repeats"),
  repeat_until: Nullable(Time, "The time at which it stops repeating"),
  initial_question: Nullable(
    Type.Integer(),
    "The id of the question that it starts with; null for the first",
  ),
};

/** A thread as one of its members sees it: with their state, permissions and unread count. */
export const Thread = Type.Object(
  {
    id: Id,
    type: Type.String({ description: "The type; one of the setting `types.chat`", examples: ["chat"] }),
    created: { ...Time, description: "The time when it was created" },
    updated: { ...Time, description: "The time of the last change" },
    permissions: Type.Integer({
      description: `The permissions of the reader. ${PERMISSION_BITS}`,
      examples: [507],
    }),
    notifications: Type.Integer({
      description: `The notifications of the reader. ${NOTIFICATION_BITS}`,
      examples: [3],
    }),
    schema: Nullable(Type.Integer(), "The id of the schema that the reader runs"),
    state: stateOf("the reader"),
    question: Nullable(Type.Integer(), "The id of the current question of the reader"),
    question_data: Nullable(Question, "The current question"),
    unread: Type.Integer({
      description: "The number of messages that the reader has not read",
      examples: [0],
    }),
    on_finish: OnFinish,
    title: Type.String({ description: "The title; may be empty", examples: ["Together"] }),
    users_data: Type.Array(Account, { description: "The members; only the first ones if there are many" }),
    frequency_unit: mode.frequency_unit,
    frequency_value: mode.frequency_value,
    next_restart: Nullable(Time, "The time at which the schema repeats"),
    automated_sender: mode.automated_sender,
    initial_question: mode.initial_question,
    repeat_until: mode.repeat_until,
    related_message: Nullable(Type.Integer(), "The id of the message that shows the current question"),
    last_message_data: Nullable(Message, "The newest message that the reader may see"),
  },
  {
    title: "Thread",
    description: "A thread as one of its members sees it, with their state, permissions and unread count",
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
  { title: "ThreadDetail", description: "A thread with the variables of the reader's run" },
);
export type ThreadDetail = Static<typeof ThreadDetail>;

const thread_data = As(ThreadDetail, "The thread as the reader sees it");

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
    answers: Type.Array(Id, { description: "The ids of the chosen options" }),
    thread_data,
  },
  { title: "PostedMessage", description: "A posted message, with its sender's view of the thread" },
);
export type PostedMessage = Static<typeof PostedMessage>;

/** A member as everybody sees them. */
export const Member = Type.Object(
  {
    user: UserRef,
    users_data: As(Account, "The account of the member"),
    permissions: Type.Integer({
      description: `The permissions of the member. ${PERMISSION_BITS}`,
      examples: [19],
    }),
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
    schema: Nullable(Type.Integer(), "The id of the schema that the member runs"),
    state: stateOf("the member"),
  },
  {
    title: "ControlledMember",
    description: "A member as seen by members with permission 512 (control other members)",
  },
);
export type ControlledMember = Static<typeof ControlledMember>;

/** A deleted message, as it is pushed. */
export const DeletedMessage = Type.Object(
  { id: Id, thread: Id, deleted: Type.Literal(true) },
  { title: "DeletedMessage", description: "A deleted message" },
);
export type DeletedMessage = Static<typeof DeletedMessage>;

/** A thread that its reader has left or was removed from. */
export interface DeletedThread {
  id: number;
  deleted: true;
}
