import { type Static, type TObject, type TProperties, Type } from "typebox";
import { type FieldErrors, texts } from "../errors.ts";
import type { UserIdKind } from "../shapes/userId.ts";
import { type Field, type FieldOptions, field, Invalid, type Rule, ruleOf } from "./field.ts";
import { typeName } from "./received.ts";
import { hasStringTwin, ofUserIds, withStringTwin } from "./stringTwin.ts";

/** A body: fields by name. The TypeBox schema documents it, types it, and (with `parseBody`) reads it. */
export function fields<Properties extends TProperties>(
  properties: Properties,
  names: Names = {},
): TObject<Properties> {
  for (const property of Object.values(properties)) ruleOf(property);
  return Type.Object(properties, { ...names });
}

/** The name of a body in the documentation, and its description. */
interface Names {
  title?: string;
  description?: string;
}

function namesOf(body: TObject): Names {
  const { title, description } = body as Names;
  return { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
}

/** An object inside a body. */
export function Nested<
  Inner extends TObject,
  const O extends FieldOptions<Static<Inner>> = Record<never, never>,
>(inner: Inner, options?: O): Field<Static<Inner>, O> {
  const nested = field<Static<Inner>, O>("object", inner, options ?? ({} as O), (raw, form) => {
    const outcome = parseBody(inner, raw, { form });
    return "errors" in outcome ? new Invalid(outcome.errors) : outcome.value;
  });
  const { properties } = inner;
  if (!Object.values(properties).some(hasStringTwin)) return nested;
  return withStringTwin(nested, () => Nested(bodyOfUserIds("string", inner), options as never));
}

/** A body on a server whose users have ids of this kind. */
export function bodyOfUserIds<Body extends TObject>(kind: UserIdKind, body: Body): Body {
  if (kind === "integer") return body;
  const own = Object.entries(body.properties).map(([name, property]) => [name, ofUserIds(kind, property)]);
  return fields(Object.fromEntries(own), namesOf(body)) as Body;
}

export interface ParseOptions {
  /** For PATCH: no field is required and no default is filled in; nested objects must be complete. */
  partial?: boolean;
  /** The body is form-encoded: values are texts, repeated ones lists. */
  form?: boolean;
}

/**
 * `valid` has the fields that could be read, so that rules between fields can be reported together; null if the body
 * is not an object.
 */
export type Parsed<Value> = { value: Value } | { errors: FieldErrors; valid: Partial<Value> | null };

/**
 * Reads a body with the semantics and texts of Django REST Framework. Reports all problems at once; never throws.
 */
export function parseBody<Body extends TObject>(
  schema: Body,
  raw: unknown,
  options: ParseOptions & { partial: true },
): Parsed<Partial<Static<Body>>>;
export function parseBody<Body extends TObject>(
  schema: Body,
  raw: unknown,
  options?: ParseOptions,
): Parsed<Static<Body>>;
export function parseBody(
  schema: TObject,
  raw: unknown,
  options: ParseOptions = {},
): Parsed<Record<string, unknown>> {
  if (raw === null || raw === undefined) return { errors: { non_field_errors: [texts.noData] }, valid: null };
  if (typeof raw !== "object" || Array.isArray(raw)) {
    return { errors: { non_field_errors: [texts.dictionary(typeName(raw))] }, valid: null };
  }
  const value: Record<string, unknown> = {};
  const errors: FieldErrors = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const given = Object.hasOwn(raw, name) ? (raw as Record<string, unknown>)[name] : undefined;
    const read = readField(ruleOf(property), given, options);
    if (read instanceof Invalid) errors[name] = read.problem;
    else if (read !== undefined) value[name] = read;
  }
  return Object.keys(errors).length > 0 ? { errors, valid: value } : { value };
}

function readField(rule: Rule, given: unknown, { partial = false, form = false }: ParseOptions): unknown {
  // Where a form repeats a name that is no list, the last one counts.
  const raw = form && rule.kind !== "list" && Array.isArray(given) ? given.at(-1) : given;
  if (raw === undefined || (form && raw === "" && !rule.required && !rule.nullable && rule.kind === "text")) {
    if (partial) return undefined;
    return rule.required ? new Invalid([texts.required]) : rule.default;
  }
  if (raw === null) return rule.nullable ? null : new Invalid([texts.null]);
  return rule.read(raw, form);
}
