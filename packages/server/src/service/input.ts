import { bodyOfUserIds, invalid, parseBody, type UserIdKind } from "@colloquy/protocol";
import type { Static, TObject } from "typebox";

/** Reads what the host gives. What is undefined is left out, and so is what is none of the fields. @throws 400 */
export type Reader = <Body extends TObject>(body: Body, given: object) => Partial<Static<Body>>;

/** Callers in JavaScript give anything: it is read by the rules of the API, where users' ids are of this kind. */
export function openReader(ids: UserIdKind): Reader {
  return (body, given) => {
    const there = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const read = parseBody(bodyOfUserIds(ids, body), there, { partial: true });
    if ("errors" in read) throw invalid(read.errors);
    return read.value;
  };
}

/** An id of what is stored. @throws TypeError for what can be none */
export function expectId(id: number, of: string): number {
  if (!Number.isSafeInteger(id)) throw new TypeError(`The id of a ${of} is an integer, not ${typeof id}`);
  return id;
}
