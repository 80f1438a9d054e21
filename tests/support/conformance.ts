import { Compile, type Validator } from "typebox/schema";

/** What is read of an OpenAPI document. */
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, object> };
  security: Record<string, []>[];
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: JsonSchema; example?: unknown }> };
  responses: Record<string, { description?: string; content?: Record<string, Content> }>;
}

interface Content {
  schema: JsonSchema;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a response may be
  examples?: Record<string, { value: any }>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: JsonSchema;
  example?: string | number | boolean;
}

export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** Whether a server answers as its document says. */
export interface Conformance {
  /** @throws where a 2xx is not as documented; other answers are let pass */
  check(method: string, path: string, answer: { status: number; body: unknown }): void;
  /** The answers met, as `GET /api/threads/{thread_id} 200`. */
  met: Set<string>;
}

/** All successes that the document promises, in the same words. */
export function promised({ paths }: OpenApi): string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.keys(responses)
        .filter(isSuccess)
        .map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );
}

export function conformanceTo(document: OpenApi): Conformance {
  const templates = Object.keys(document.paths).map((path) => ({ path, matches: matcher(path) }));
  const met = new Set<string>();
  return {
    met,
    check(method, url, { status, body }) {
      if (!isSuccess(String(status))) return;
      const pathname = url.split("?", 1)[0]!.replace(/(?<=.)\/$/, "");
      // The more literal template wins: /accounts/me over /accounts/{id}.
      const found = templates.filter(({ matches }) => matches.test(pathname));
      const { path } = found.sort((one, other) => holes(one.path) - holes(other.path))[0] ?? {};
      if (path === undefined) return;
      const response = document.paths[path]![method.toLowerCase()]?.responses[status];
      const name = `${method} ${path} ${status}`;
      if (response === undefined) throw new Error(`${name} is not in the document`);
      met.add(name);
      const schema = response.content?.["application/json"]?.schema;
      if (schema === undefined ? body !== null : !agrees(schema, body))
        throw new Error(`${name} is not as documented: ${told(schema, body)}`);
    },
  };
}

/** By schema, and by its text, since every server has a document of its own. */
const known = new WeakMap<JsonSchema, Validator>();
const validators = new Map<string, Validator>();

function agrees(schema: JsonSchema, body: unknown): boolean {
  return validatorOf(schema).Check(body);
}

function validatorOf(schema: JsonSchema): Validator {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const key = JSON.stringify(schema);
  const validator = validators.get(key) ?? Compile(closed(schema));
  validators.set(key, validator);
  known.set(schema, validator);
  return validator;
}

function told(schema: JsonSchema | undefined, body: unknown): string {
  const errors = schema === undefined ? ["no body is described"] : validatorOf(schema).Errors(body)[1];
  return JSON.stringify({ errors, body }, null, 1).slice(0, 4_000);
}

/** With no more keys than are listed: what is answered but not described is a difference, too. */
function closed(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, closed(property)]),
          ),
          additionalProperties: schema.additionalProperties ?? false,
        }),
    ...(items === undefined ? {} : { items: closed(items as JsonSchema) }),
    ...(anyOf === undefined ? {} : { anyOf: (anyOf as JsonSchema[]).map(closed) }),
  };
}

function isSuccess(status: string): boolean {
  return status.startsWith("2");
}

function matcher(path: string): RegExp {
  const literal = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{\w+\}/g, "[^/]+")}$`);
}

function holes(path: string): number {
  return path.split("{").length;
}
