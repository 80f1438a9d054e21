import { inject } from "vitest";
import type { UserId, UserIdKind } from "../../packages/server/src/index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What users' ids are in this project. */
    ids: UserIdKind;
  }
}

export const ids = inject("ids");

/** Ids as hosts have them, and some that a careless server takes for something else. */
const STRINGS = [
  "auth0|64b7",
  "0193a6e2-7c3b-7d9e-8f00-5d41402abc4b",
  "1e3",
  "007",
  "__proto__",
  `it's "6"; {7}`,
  "7:7",
  "null",
  "用户-é",
];

/** A test's person by number, from 1: the same test runs with ids of either kind. */
export function person(number: number): UserId {
  return ids === "integer" ? number : (STRINGS[number - 1] ?? `google-oauth2|${number}`);
}

/** A person's id that was the name of a property. */
export function named(id: string): UserId {
  return ids === "integer" ? Number(id) : id;
}
