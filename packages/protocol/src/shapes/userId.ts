import { type TUnsafe, Type } from "typebox";

/** A user's id is the host's, and opaque: an integer, or on a server whose ids are strings any text. */
export type UserId = number | string;

/** Which of the two the ids of a server are. */
export type UserIdKind = "integer" | "string";

/** In code points, as PostgreSQL counts. */
export const LONGEST_USER_ID = 255;

/** Clients take these out of an address, which then means something else: they are no ids. */
export const DOT_SEGMENTS: readonly string[] = [".", ".."];

/** At the beginning of a text many readers take it away, and an id would be another. */
export const BYTE_ORDER_MARK = "\ufeff";

/** Marks a user's id in a shape: a server puts `userIdSchema` in its place. */
export const USER_ID = "x-user-id";

/** A user's id in a shape, an integer unless a server says otherwise. */
export const UserRef = Type.Integer({
  description: "A user's id",
  [USER_ID]: true,
}) as unknown as TUnsafe<UserId>;

/** What a user's id is on a server. */
export function userIdSchema(kind: UserIdKind) {
  return kind === "integer" ? Type.Integer() : Type.String({ minLength: 1, maxLength: LONGEST_USER_ID });
}
