import { ROLE } from "@colloquy/protocol";
import buildSerializer from "fast-json-stringify";
import type { TSchema } from "typebox";

type JsonSchema = { [keyword: string]: unknown };
type Serialize = (value: unknown) => string;

/** By the schema's JSON: many routes answer alike, and so do several servers in one process. */
const serializers = new Map<string, Serialize>();

/** What Fastify builds for each answer of each route, built once for all that have the same schema. */
export function serializerOf({ schema }: { schema: unknown }): Serialize {
  const key = JSON.stringify(schema);
  const serialize = serializers.get(key) ?? (buildSerializer(schema as TSchema) as Serialize);
  serializers.set(key, serialize);
  return serialize;
}

/**
 * A response schema as fast-json-stringify serialises it best. To `X or null` it would try each alternative
 * with a validator; its own keyword `nullable` it compiles to one comparison. A required value that may be
 * null and is not there is written as null, so that keys are always present.
 */
export function forSerializer(schema: TSchema): TSchema {
  return rewritten(schema as JsonSchema) as TSchema;
}

function rewritten(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, ...rest } = withoutNull(undocumented(schema));
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : { properties: rewrittenProperties(properties as JsonSchema, rest.required) }),
    ...(items === undefined ? {} : { items: rewritten(items as JsonSchema) }),
    ...(anyOf === undefined ? {} : { anyOf: (anyOf as JsonSchema[]).map(rewritten) }),
  };
}

/** Without keywords for the documentation, so that more responses share a serializer. */
function undocumented({ title, description, examples, [ROLE]: _role, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function rewrittenProperties(properties: JsonSchema, required: unknown): JsonSchema {
  const names = new Set(required as string[] | undefined);
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const { default: _documented, ...schema } = rewritten(property as JsonSchema);
      const mayBeNull = schema.nullable === true || isFree(schema);
      return [name, mayBeNull && names.has(name) ? { ...schema, default: null } : schema];
    }),
  );
}

/** `{type: ["string", "null"]}` and `{anyOf: [{type: "string"}, {type: "null"}]}` as a nullable string. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const { type, anyOf, ...rest } = schema;
  if (Array.isArray(type) && type.length === 2 && type.includes("null")) {
    return { ...rest, type: type.find((name) => name !== "null"), nullable: true };
  }
  if (Array.isArray(anyOf) && anyOf.length === 2 && anyOf.some(isNull)) {
    return { ...rest, ...withoutNull(anyOf.find((option) => !isNull(option))), nullable: true };
  }
  return schema;
}

function isNull(schema: JsonSchema): boolean {
  return schema.type === "null";
}

/** Any JSON at all. */
function isFree(schema: JsonSchema): boolean {
  return !["type", "anyOf", "allOf", "oneOf", "enum", "const", "$ref"].some((keyword) => keyword in schema);
}
