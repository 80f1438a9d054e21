import { isDeepStrictEqual } from "node:util";
import { ROLE, UNDOCUMENTED } from "@colloquy/protocol";

export type JsonSchema = { [keyword: string]: unknown };

/** The named schemas of a document. */
export interface Components {
  schemas: Record<string, JsonSchema>;
  /** A schema for the document: parts whose `title` is a name become components, and references to them. */
  refer(schema: object): JsonSchema;
}

/** Other titles, which the shape of a host may have, stay in place. */
const NAME = /^[A-Z][A-Za-z0-9]*$/;

export function openComponents(schemas: Record<string, JsonSchema> = {}): Components {
  return { schemas, refer };

  function refer(schema: object): JsonSchema {
    const { title, [ROLE]: role, ...shape } = schema as JsonSchema;
    const { own, isNullable } = withoutNull(shape);
    if (typeof title !== "string" || !define(title, own)) return { ...titled(title), ...told(shape) };
    const reference = { $ref: `#/components/schemas/${title}` };
    const about = role === undefined ? {} : { description: role };
    return isNullable ? { ...about, anyOf: [reference, { type: "null" }] } : { ...reference, ...about };
  }

  /** Returns false if the title is not a name, or if it is the name of another schema, as in the shape of a host. */
  function define(name: string, shape: JsonSchema): boolean {
    if (!NAME.test(name)) return false;
    const defined = told(shape);
    schemas[name] ??= defined;
    return isDeepStrictEqual(schemas[name], defined);
  }

  function told({
    properties,
    required,
    items,
    anyOf,
    additionalItems: _none,
    ...rest
  }: JsonSchema): JsonSchema {
    return {
      ...rest,
      ...(properties === undefined ? {} : toldProperties(properties as Properties, required as string[])),
      ...(items === undefined ? {} : toldItems(items as object | object[])),
      ...(anyOf === undefined ? {} : { anyOf: (anyOf as object[]).map(refer) }),
    };
  }

  /** Tuples in the form of JSON Schema 2020-12. */
  function toldItems(items: object | object[]): JsonSchema {
    return Array.isArray(items) ? { prefixItems: items.map(refer), items: false } : { items: refer(items) };
  }

  function toldProperties(properties: Properties, required: readonly string[] = []): JsonSchema {
    const shown = Object.entries(properties).filter(([, property]) => property[UNDOCUMENTED] !== true);
    const needed = required.filter((name) => shown.some(([other]) => other === name));
    return {
      properties: Object.fromEntries(
        shown.map(([name, property]) => [name, refer(withoutDefault(property))]),
      ),
      ...(needed.length === 0 ? {} : { required: needed }),
    };
  }
}

type Properties = Record<string, JsonSchema>;

function titled(title: unknown): JsonSchema {
  return title === undefined ? {} : { title };
}

/** Reverses `Nullable`. */
function withoutNull({ type, ...rest }: JsonSchema): { own: JsonSchema; isNullable: boolean } {
  const isNullable = Array.isArray(type) && type.includes("null");
  const own = isNullable ? type.find((name) => name !== "null") : type;
  return { own: { ...(own === undefined ? {} : { type: own }), ...rest }, isNullable };
}

/**
 * Moves the default into the description: generators of clients make a field with the keyword `default` a required
 * one.
 */
function withoutDefault({ default: value, ...property }: JsonSchema): JsonSchema {
  if (value === undefined) return property;
  const { description } = property as { description?: string };
  const usual = `by default \`${value}\``;
  return { ...property, description: description === undefined ? usual : `${description}; ${usual}` };
}
