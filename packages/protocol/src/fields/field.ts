import { type TOptional, type TSchema, type TUnsafe, Type } from "typebox";
import type { Problem } from "../errors.ts";

/**
 * What every field builder takes. A field is required unless `required` is false or it has a default;
 * a null is refused unless `nullable`.
 */
export interface FieldOptions<T> {
  required?: boolean;
  nullable?: boolean;
  default?: T | null;
  description?: string;
}

type Value<T, O> = O extends { nullable: true } ? T | null : T;

/** A TypeBox schema (for the documentation and the static type) that also knows how to read its value. */
export type Field<T, O> = O extends { default: unknown }
  ? TUnsafe<Value<T, O>>
  : O extends { required: false }
    ? TOptional<TUnsafe<Value<T, O>>>
    : TUnsafe<Value<T, O>>;

/** What a reader gives back instead of a value. */
export class Invalid {
  readonly problem: Problem;

  constructor(problem: Problem) {
    this.problem = problem;
  }
}

/** Reads a value that is there and not null; `form` says that it comes from a form, where all is text. */
export type Read<T> = (raw: unknown, form: boolean) => T | null | Invalid;

/** How a field is read. Lies under a hidden key of its schema, so that it never shows in JSON. */
export interface Rule {
  read: Read<unknown>;
  required: boolean;
  nullable: boolean;
  default: unknown;
  /** Lists report the items of each kind in a different shape, as Django REST Framework does. */
  kind: FieldKind;
}

export type FieldKind = "value" | "text" | "boolean" | "pk" | "list" | "object";

const RULE = "~field";

/** Makes a field of its JSON Schema, its options and its reader. */
export function field<T, O extends FieldOptions<T>>(
  kind: FieldKind,
  jsonSchema: object,
  options: O,
  read: Read<T>,
): Field<T, O> {
  const required = options.required !== false && options.default === undefined;
  const schema = Type.Unsafe<Value<T, O>>({
    ...(options.nullable ? orNull(jsonSchema) : jsonSchema),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.default === undefined ? {} : { default: options.default }),
  });
  const rule: Rule = { read, required, nullable: options.nullable === true, default: options.default, kind };
  Object.defineProperty(schema, RULE, { value: rule });
  return (required ? schema : Type.Optional(schema)) as Field<T, O>;
}

/** The rule of a schema that a field builder made; anything else is a mistake in the route's definition. */
export function ruleOf(schema: TSchema): Rule {
  const rule = (schema as { [RULE]?: Rule })[RULE];
  if (rule === undefined) throw new TypeError("Only fields made by the builders of fields/ can be read");
  return rule;
}

function orNull(jsonSchema: object): object {
  const { type, enum: values } = jsonSchema as { type?: string; enum?: unknown[] };
  return {
    ...jsonSchema,
    ...(type === undefined ? {} : { type: [type, "null"] }),
    ...(values === undefined ? {} : { enum: [...values, null] }),
  };
}
