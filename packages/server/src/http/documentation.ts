import { type UserIdKind, userIdSchema } from "@colloquy/protocol";
import type { FastifySchema } from "fastify";
import { type TObject, type TSchema, Type } from "typebox";
import type { AnyMethod, Resource } from "./resource.ts";
import { forSerializer } from "./serializer.ts";

/** What the route says of itself besides how it serialises; `openapi.ts` reads it. */
export interface Documentation extends FastifySchema {
  summary: string;
  description?: string;
  tags: string[];
  /** The response schemas as their author wrote them. */
  written: Record<number, TSchema>;
}

/** A route's schema, all of it from its definition: bodies and parameters are documented, answers serialised. */
export function documentation(
  resource: Resource,
  method: string,
  definition: AnyMethod,
  ids: UserIdKind,
): Documentation {
  const { summary, description, query, body, response } = definition;
  return {
    operationId: operationId(method, resource.path),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: definition.tags ?? resource.tags,
    ...(resource.policy === "public" ? { security: [] } : {}),
    ...(Object.keys(resource.params).length === 0 ? {} : { params: paramsSchema(resource.params, ids) }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined
      ? {}
      : {
          consumes: ["application/json", "application/x-www-form-urlencoded"],
          body: documentedBody(definition, body),
        }),
    response: Object.fromEntries(
      Object.entries(response).map(([status, schema]) => [status, forSerializer(schema)]),
    ),
    written: response,
  } as Documentation;
}

function documentedBody({ list, partial }: AnyMethod, body: TObject): TSchema {
  if (list !== undefined) return body.properties[list]!;
  return partial ? { ...body, required: [] } : body;
}

function paramsSchema(kinds: Resource["params"], ids: UserIdKind): TSchema {
  const schemas = { id: Type.Integer(), user: userIdSchema(ids), string: Type.String() };
  return Type.Object(Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, schemas[kind]])));
}

/** `GET /threads/:thread_id/messages` is `get_threads_thread_id_messages`. */
function operationId(method: string, path: string): string {
  const words = path.split("/").filter(Boolean);
  return [method.toLowerCase(), ...words.map((word) => word.replace(/\W+/g, ""))].join("_");
}
