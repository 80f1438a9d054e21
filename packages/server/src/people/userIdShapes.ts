import { bodyOfUserIds, USER_ID, type UserIdKind, userIdSchema } from "@colloquy/protocol";
import type { TSchema } from "typebox";
import type { Resource } from "../http/index.ts";

type Methods = Resource["methods"];

/** Resources whose bodies, queries and answers have users' ids of one kind, on the wire and in the document. */
export function withUserIds(kind: UserIdKind, resources: readonly Resource[]): Resource[] {
  const { type, ...limits } = userIdSchema(kind);

  function reshape(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(reshape);
    if (typeof schema !== "object" || schema === null) return schema;
    if (!(USER_ID in schema)) return mapped(schema, reshape);
    const { [USER_ID]: _mark, ...own } = schema as { [USER_ID]: true; type: string | string[] };
    return { ...own, ...limits, type: Array.isArray(own.type) ? [type, "null"] : type };
  }

  const reshapeMethod = ({ body, query, response, ...rest }: Methods[string]): Methods[string] => ({
    ...rest,
    ...(body === undefined ? {} : { body: bodyOfUserIds(kind, body) }),
    ...(query === undefined ? {} : { query: reshape(query) as TSchema }),
    response: reshape(response) as Record<number, TSchema>,
  });

  return resources.map((resource) => ({ ...resource, methods: mapped(resource.methods, reshapeMethod) }));
}

function mapped<Value, To>(from: { [name: string]: Value } | object, to: (value: Value) => To) {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value as Value)]));
}
