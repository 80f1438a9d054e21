import {
  BYTE_ORDER_MARK,
  DOT_SEGMENTS,
  LONGEST_USER_ID,
  type UserId,
  type UserIdKind,
} from "@colloquy/protocol";
import type { Caller } from "./caller.ts";

/** The setting for the type of users' ids. */
export interface UserIds {
  accounts: { ids: UserIdKind };
}

/** The type of ids, in words. */
export const ID_WORDS: Record<UserIdKind, string> = {
  integer: "integers",
  string: `strings of 1 to ${LONGEST_USER_ID} characters, without null characters`,
};

/** The users of the examples, who are the people of the demo. The operator is a superuser. */
export const EXAMPLE_USERS: Record<UserIdKind, Record<"operator" | "patient" | "doctor", UserId>> = {
  integer: { operator: 1, patient: 2, doctor: 3 },
  string: { operator: "sam", patient: "maria", doctor: "jonas" },
};

/** A user's id from a path, a token or a header. Null if it is not valid. */
export function readUserId(kind: UserIdKind, text: string): UserId | null {
  const id = kind === "string" ? text : /^\d+$/.test(text) ? Number(text) : null;
  return userIdProblem(kind, id) === null ? id : null;
}

/** A user's id from the host's code. @throws TypeError, which names its source, the problem and the setting */
export function expectUserId(kind: UserIdKind, id: unknown, from: string): UserId {
  const problem = userIdProblem(kind, id);
  if (problem === null) return id as UserId;
  throw new TypeError(
    `${from} has a user's id that is ${problem}: with accounts.ids "${kind}", ids are ${ID_WORDS[kind]}`,
  );
}

/** A caller from a function of the host. @throws TypeError where their id is not valid */
export function expectCaller(kind: UserIdKind, caller: Caller | null, from: string): Caller | null {
  if (caller !== null) expectUserId(kind, caller.id, `The result of ${from}`);
  return caller;
}

/** The problem of an id, or null. It does not contain the value, which may be a secret. */
function userIdProblem(kind: UserIdKind, id: unknown): string | null {
  if (kind === "integer") {
    if (typeof id !== "number") return `of type ${typeName(id)}`;
    return Number.isSafeInteger(id) ? null : "not a safe integer";
  }
  if (typeof id !== "string") return `of type ${typeName(id)}`;
  if (id === "") return "empty";
  if (id.startsWith(BYTE_ORDER_MARK)) return "one that begins with a byte order mark";
  if (DOT_SEGMENTS.includes(id)) return "a dot segment";
  const length = id.length > LONGEST_USER_ID ? [...id].length : 0;
  if (length > LONGEST_USER_ID) return `${length} characters long`;
  if (id.includes("\0")) return "one with a null character";
  // Written as UTF-8, different ones would become the same.
  return id.isWellFormed() ? null : "one with half a surrogate pair";
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}
