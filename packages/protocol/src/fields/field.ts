import { type TOptional, type TSchema, type TUnsafe, Type } from "typebox";
import type { Problem } from "../errors.ts";

/**
 * The options of every field. A field is required unless `required` is false or it has a default; null is refused
 * unless `nullable` is true.
 */
export interface FieldOptions<T> {
  required?: boolean;
  nullable?: boolean;
  default?: T | null;
  description?: string;
  /** Leaves the field out of the documentation: it is read, but not supported yet. */
  undocumented?: boolean;
}

/** The keyword of a field that is left out of the documentation. */
export const UNDOCUMENTED = "x-undocumented";

type Value<T, O> = O extends { nullable: true } ? T | null : T;

/** A TypeBox schema (for the documentation and the static type) that also knows how to read its value. */
export type Field<T, O> = O extends { default: unknown }
  ? TUnsafe<Value<T, O>>
  : O extends { required: false }
    ? TOptional<TUnsafe<Value<T, O>>>
    : TUnsafe<Value<T, O>>;

/** The result of reading an invalid value. */
export class Invalid {
  readonly problem: Problem;

  constructor(problem: Problem) {
    this.problem = problem;
  }
}

/**
 * Reads a value that is present and not null; `form` says that it comes from a form, where every value is text.
 */
export type Read<T> = (raw: unknown, form: boolean) => T | null | Invalid;

/** How a field is read. Stored under a hidden key of its schema, so that it does not appear in JSON. */
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
    ...(options.undocumented ? { [UNDOCUMENTED]: true } : {}),
  });
  const rule: Rule = { read, required, nullable: options.nullable === true, default: options.default, kind };
  Object.defineProperty(schema, RULE, { value: rule });
  return (required ? schema : Type.Optional(schema)) as Field<T, O>;
}

/** The rule of a field's schema. Any other schema is a mistake in the definition of the route. */
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
