import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

/** Settings for threads of one type. */
export const ThreadTypeShape = Type.Object(
  {
    pushToFollowers: Type.Optional(
      Type.Boolean({
        description: "Push messages to followers who are not members, too",
        default: true,
      }),
    ),
    touch: Type.Optional(
      Type.Boolean({
        description:
          "New messages change the thread's `updated` and `last_message_data`; otherwise `last_message_data` is null",
        default: true,
      }),
    ),
    messageFields: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "Fields of messages in pushes and in responses to a POST; by default all. Notices of deletion are complete",
      }),
    ),
    storeAnswers: Type.Optional(
      Type.Boolean({
        description:
          "Store the chosen options with the message; otherwise options that change no variable appear only in the event `answers_chosen`",
        default: true,
      }),
    ),
    moveOn: Type.Optional(
      Type.Boolean({
        description:
          "An answer leads to the next question; otherwise the run stays at its question, unless the end follows",
        default: true,
      }),
    ),
    indexed: Type.Optional(
      Type.Boolean({ description: "Messages can be found by their text", default: true }),
    ),
    variables: Type.Optional(
      Type.Array(Type.String(), {
        description: "Variables that runs may modify; by default all, with an empty list none",
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
