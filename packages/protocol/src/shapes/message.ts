import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { Attachment } from "./attachment.ts";
import { FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { UserRef } from "./userId.ts";

const content = {
  text: Type.String({ description: "The text; may be empty", examples: ["Hello"] }),
  type: Type.String({
    description: "The type, by default `message`; a question of a schema has its own",
    examples: ["message"],
  }),
  meta: { ...FreeJson, description: "Any JSON of its sender" },
};

/** A message as its reader sees it. */
export const Message = Type.Object(
  {
    id: Id,
    thread: { ...Id, description: "The id of its thread" },
    sender: Nullable(UserRef, "The id of its sender; null for automated messages without one"),
    sender_data: Nullable(Account, "The account of its sender"),
    ...content,
    created: { ...Time, description: "The time when it was posted" },
    updated: { ...Time, description: "The time of its last change" },
    related_question: Nullable(
      Type.Integer(),
      "The id of the question that it shows or answers; null for other messages",
    ),
    has_attachments: Type.Boolean({ description: "Whether it has attachments" }),
    attachments_data: Type.Array(Attachment, { description: "Its attachments" }),
    is_own: Type.Boolean({ description: "Whether the reader sent it" }),
    is_read: Type.Boolean({ description: "Whether the reader has read it" }),
    client_id: Nullable(
      Type.String({ format: "uuid" }),
      "The id that its sender's client chose; null for all other readers",
    ),
    answers: Type.Optional(
      Type.Array(Id, { description: "The ids of the chosen options; only if requested with `?fields`" }),
    ),
  },
  { title: "Message", description: "A message as its reader sees it" },
);
export type Message = Static<typeof Message>;

/** An earlier version of an edited message. */
export const MessageVersion = Type.Object(
  {
    ...content,
    written: { ...Time, description: "The time when this version was written" },
    replaced: { ...Time, description: "The time when the next version replaced it" },
  },
  { title: "MessageVersion", description: "An earlier version of an edited message" },
);
export type MessageVersion = Static<typeof MessageVersion>;
