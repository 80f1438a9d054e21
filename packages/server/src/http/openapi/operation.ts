import { type UserIdKind, userIdSchema } from "@colloquy/protocol";
import { type TSchema, Type } from "typebox";

import type { Components, JsonSchema } from "./components.ts";
import type { DescribedMethod, DescribedResource } from "./described.ts";
import type { ApiDescription } from "./description.ts";
import { reference, refusals } from "./refusals.ts";

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const FILES_TYPE = "multipart/form-data";

/** What is needed to describe an operation. */
export interface Describing {
  api: ApiDescription;
  components: Components;
  ids: UserIdKind;
}

/** Parameters that many operations share. */
export const PARAMETERS: Record<string, object> = {
  fields: {
    name: "fields",
    in: "query",
    description: "Returns only these fields, with `__` for nested ones: `id,users_data__id`",
    schema: { type: "string" },
  },
  idempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Makes the request safe to repeat: the same request with the same key, within a day, gets the first response again and changes nothing",
    schema: { type: "string", maxLength: 255 },
  },
};

/** A method of a resource as an OpenAPI operation, derived from its definition. */
export function operation(
  resource: DescribedResource,
  method: string,
  definition: DescribedMethod,
  { api, components, ids }: Describing,
): object {
  const { summary, description, tags } = definition;
  const body = bodyOf(definition);
  return {
    operationId: operationId(method, resource.path),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: tags ?? resource.tags,
    ...(resource.policy === "public" ? { security: [] } : {}),
    parameters: [
      ...pathParameters(resource, definition, api, ids),
      ...listed("query", definition.query, components, definition.example?.query),
      ...(hasJson(definition) ? [reference("parameters", "fields")] : []),
      ...listed("header", definition.headers, components),
      ...(method === "POST" && api.honoursKeys && resource.policy !== "public"
        ? [reference("parameters", "idempotencyKey")]
        : []),
    ],
    ...(body === null ? {} : { requestBody: requestBody(definition, body, components) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(definition.response).map(([status, schema]) => [
          status,
          response(definition.documented?.response?.[Number(status)] ?? schema, components),
        ]),
      ),
      ...refusals(resource, method, definition, api, body),
    },
  };
}

/** `GET /threads/:thread_id/messages` is `get_threads_thread_id_messages`. */
function operationId(method: string, path: string): string {
  const words = path.split("/").filter(Boolean);
  return [method.toLowerCase(), ...words.map((word) => word.replace(/\W+/g, ""))].join("_");
}

/** The schema of the body; null if none is read. */
function bodyOf({ body, list, partial, documented }: DescribedMethod): JsonSchema | null {
  if (documented?.body !== undefined) return documented.body as JsonSchema;
  if (body === undefined || Object.keys(body.properties).length === 0) return null;
  if (list !== undefined) return body.properties[list] as JsonSchema;
  return (partial ? { ...body, required: [] } : body) as JsonSchema;
}

/** Bodies that are neither lists nor documents can be form-encoded. */
function requestBody(
  { list, takesFiles, documented, example }: DescribedMethod,
  body: JsonSchema,
  { refer }: Components,
): object {
  const content = {
    schema: refer(body),
    ...(example?.body === undefined ? {} : { example: example.body }),
  };
  const takesForm = list === undefined && documented?.body === undefined;
  return {
    required: ((body.required ?? []) as string[]).length > 0 || list !== undefined,
    content: {
      [JSON_TYPE]: content,
      ...(takesForm ? { [FORM_TYPE]: content } : {}),
      ...(takesFiles === true ? { [FILES_TYPE]: content } : {}),
    },
  };
}

function pathParameters(
  { path, params }: DescribedResource,
  { example }: DescribedMethod,
  { parameters }: ApiDescription,
  ids: UserIdKind,
): object[] {
  const schemas = { id: Type.Integer(), user: userIdSchema(ids), string: Type.String() };
  return [...path.matchAll(/(\w+)\/:(\w+)/g)].map(([place, , name]) => {
    const known = parameters[place];
    const value = example?.params?.[name!] ?? known?.example;
    return {
      name,
      in: "path",
      required: true,
      ...(known === undefined ? {} : { description: known.description }),
      schema: schemas[params[name!] ?? "string"],
      ...(value === undefined ? {} : { example: value }),
    };
  });
}

function listed(
  place: "query" | "header",
  shape: TSchema | undefined,
  { refer }: Components,
  examples: Readonly<Record<string, unknown>> = {},
): object[] {
  const { properties = {}, required = [] } = (shape ?? {}) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = refer(property);
    return {
      name,
      in: place,
      ...(required.includes(name) ? { required: true } : {}),
      ...(description === undefined ? {} : { description }),
      schema,
      ...(examples[name] === undefined ? {} : { example: examples[name] }),
    };
  });
}

function hasJson({ response }: DescribedMethod): boolean {
  return Object.values(response).some((schema) => !isNothing(schema as JsonSchema) && !("content" in schema));
}

function isNothing({ type }: JsonSchema): boolean {
  return type === "null";
}

function response(schema: TSchema, { refer }: Components): object {
  const { description = "Success", content } = schema as JsonSchema;
  if (content !== undefined) return { description, content };
  if (isNothing(schema as JsonSchema)) return { description };
  return { description, content: { [JSON_TYPE]: { schema: refer(schema) } } };
}
