import type { TSchema } from "typebox";
import type { UserIdKind } from "../shapes/userId.ts";

const TWIN = Symbol("string twin");

/** A field that holds users' ids, or fields that do; `twin` makes what it is where these are strings. */
export function withStringTwin<Property extends TSchema>(property: Property, twin: () => TSchema): Property {
  // Not enumerable: it is nothing of the JSON Schema.
  Object.defineProperty(property, TWIN, { value: twin });
  return property;
}

/** Whether a field is another one where users' ids are strings. */
export function hasStringTwin(property: TSchema): boolean {
  return TWIN in property;
}

/** A field of a body on a server whose users have ids of this kind. */
export function ofUserIds<Property extends TSchema>(kind: UserIdKind, property: Property): Property {
  const twin = (property as { [TWIN]?: () => Property })[TWIN];
  return kind === "string" && twin !== undefined ? twin() : property;
}
