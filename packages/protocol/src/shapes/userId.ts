import { type TUnsafe, Type } from "typebox";

/** A user's id, which belongs to the host and is opaque: an integer, or a string, depending on the server. */
export type UserId = number | string;

/** The type of users' ids on a server. */
export type UserIdKind = "integer" | "string";

/** In code points, as PostgreSQL counts. */
export const LONGEST_USER_ID = 255;

/** Clients remove these segments from a URL, so they cannot be ids. */
export const DOT_SEGMENTS: readonly string[] = [".", ".."];

/** Many programs strip it from the beginning of a text, which would change an id. */
export const BYTE_ORDER_MARK = "\ufeff";

/** Marks a user's id in a shape; a server replaces it with `userIdSchema`. */
export const USER_ID = "x-user-id";

/** A user's id in a shape, an integer unless a server says otherwise. */
export const UserRef = Type.Integer({
  title: "UserId",
  description: "A user's id",
  [USER_ID]: true,
}) as unknown as TUnsafe<UserId>;

/** The schema of a user's id on a server. */
export function userIdSchema(kind: UserIdKind) {
  return kind === "integer" ? Type.Integer() : Type.String({ minLength: 1, maxLength: LONGEST_USER_ID });
}
