import { isDeepStrictEqual } from "node:util";
import { ROLE, UNDOCUMENTED } from "@colloquy/protocol";

export type JsonSchema = { [keyword: string]: unknown };

/** The named shapes of a document, and how it refers to them. */
export interface Components {
  schemas: Record<string, JsonSchema>;
  /** A shape as the document shows it: each part whose `title` is a name is told once, and referred to. */
  refer(schema: object): JsonSchema;
}

/** A title that is none, as a host's shape may have it, stays where it is. */
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

  /** False where it can be no name, or is that of another shape: a host calls its own what it likes. */
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

  /** A tuple's as JSON Schema has them since 2020-12. */
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

/** A shape that `Nullable` made, as the shape that it was made of. */
function withoutNull({ type, ...rest }: JsonSchema): { own: JsonSchema; isNullable: boolean } {
  const isNullable = Array.isArray(type) && type.includes("null");
  const own = isNullable ? type.find((name) => name !== "null") : type;
  return { own: { ...(own === undefined ? {} : { type: own }), ...rest }, isNullable };
}

/**
 * Its default in words: generators of clients take one that a keyword names for a value that is always there, and ask
 * for it.
 */
function withoutDefault({ default: value, ...property }: JsonSchema): JsonSchema {
  if (value === undefined) return property;
  const { description } = property as { description?: string };
  const usual = `by default \`${value}\``;
  return { ...property, description: description === undefined ? usual : `${description}; ${usual}` };
}
