import { type Static, Type } from "typebox";
import { Account } from "./account.ts";
import { FreeJson, Id, Nullable, Time } from "./nullable.ts";
import { UserRef } from "./userId.ts";

/** A message as its reader sees it. */
export const Message = Type.Object({
  id: Id,
  thread: Id,
  sender: Nullable(UserRef, "Null where the automation speaks in nobody's name"),
  sender_data: Nullable(Account),
  text: Type.String(),
  type: Type.String(),
  meta: FreeJson,
  created: Time,
  updated: Time,
  related_question: Nullable(Type.Integer()),
  has_attachments: Type.Boolean(),
  attachments_data: Type.Array(FreeJson),
  is_own: Type.Boolean(),
  is_read: Type.Boolean(),
  client_id: Nullable(
    Type.String({ format: "uuid" }),
    "What its sender's client called it; null for everybody else",
  ),
});
export type Message = Static<typeof Message>;

/** An earlier version of an edited message. */
export const MessageVersion = Type.Object({
  text: Type.String(),
  type: Type.String(),
  meta: FreeJson,
  written: Time,
  replaced: Time,
});
export type MessageVersion = Static<typeof MessageVersion>;
