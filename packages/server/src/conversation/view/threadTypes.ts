import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

/** What can be different in threads of one type. */
export const ThreadTypeShape = Type.Object(
  {
    pushToFollowers: Type.Optional(
      Type.Boolean({
        description: "Messages are pushed to those, too, who follow a thread without being members",
        default: true,
      }),
    ),
    touch: Type.Optional(
      Type.Boolean({
        description:
          "New messages move a thread's `updated`, and the newest is its `last_message_data`, which is null otherwise",
        default: true,
      }),
    ),
    messageFields: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "The fields of messages in pushes and in answers to a POST; by default all. Notices of deletion stay whole",
      }),
    ),
    storeAnswers: Type.Optional(
      Type.Boolean({
        description:
          "The options chosen are kept with the message; otherwise the event `answers_chosen` alone tells of those that change no variable",
        default: true,
      }),
    ),
    moveOn: Type.Optional(
      Type.Boolean({
        description: "An answer leads to the next question; otherwise only to the end, where that follows",
        default: true,
      }),
    ),
    indexed: Type.Optional(Type.Boolean({ description: "Messages are searched", default: true })),
    variables: Type.Optional(
      Type.Array(Type.String(), {
        description: "The variables that runs modify; by default all, with an empty list none",
      }),
    ),
  },
  { additionalProperties: false },
);

type Shape = Static<typeof ThreadTypeShape>;

/** What holds for threads of one type: what has no default may be left out. */
export type ThreadType = Required<Omit<Shape, "messageFields" | "variables">> &
  Pick<Shape, "messageFields" | "variables">;

/** The settings of threads by their type. */
export interface ThreadTypes {
  threadTypes: { [type: string]: ThreadType };
}

/** What holds for threads of a type that the settings say nothing of. */
const AS_USUAL = Value.Default(ThreadTypeShape, {}) as ThreadType;

/** What the settings say of threads of a type. */
export function ofThreadType({ threadTypes }: ThreadTypes, type: string): ThreadType {
  return Object.hasOwn(threadTypes, type) ? threadTypes[type]! : AS_USUAL;
}
