import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { UserRef } from "./userId.ts";

const content = {
  text: Type.String({ description: "What it says; may be empty", examples: ["Hello"] }),
  type: Type.String({
    description: "`message`, or what its sender or the schema's question says",
    examples: ["message"],
  }),
  meta: { ...FreeJson, description: "Free JSON of whoever wrote it" },
};

/** A message as its reader sees it. */
export const Message = Type.Object(
  {
    id: Id,
    thread: { ...Id, description: "The id of its thread" },
    sender: Nullable(UserRef, "Who wrote it; null where the automation speaks in nobody's name"),
    sender_data: Nullable(Account, "The sender's account"),
    ...content,
    created: { ...Time, description: "When it was posted" },
    updated: { ...Time, description: "When it was last changed" },
    related_question: Nullable(
      Type.Integer(),
      "The id of the question that it shows or answers; null where it does neither",
    ),
    has_attachments: Type.Boolean({ description: "Whether there is anything in `attachments_data`" }),
    attachments_data: Type.Array(FreeJson, { description: "What is attached to it" }),
    is_own: Type.Boolean({ description: "Whether the reader wrote it" }),
    is_read: Type.Boolean({ description: "Whether the reader has read it" }),
    client_id: Nullable(
      Type.String({ format: "uuid" }),
      "What its sender's client called it; null for everybody else",
    ),
    answers: Type.Optional(
      Type.Array(Id, { description: "The ids of the options chosen; only where `?fields` asks for it" }),
    ),
  },
  { title: "Message", description: "A message as its reader sees it" },
);
export type Message = Static<typeof Message>;

/** An earlier version of an edited message. */
export const MessageVersion = Type.Object(
  {
    ...content,
    written: { ...Time, description: "When this version was written" },
    replaced: { ...Time, description: "When the next one took its place" },
  },
  { title: "MessageVersion", description: "An earlier version of an edited message" },
);
export type MessageVersion = Static<typeof MessageVersion>;
