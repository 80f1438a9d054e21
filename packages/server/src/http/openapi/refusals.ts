import { texts } from "@colloquy/protocol";
import type { JsonSchema } from "./components.ts";
import type { DescribedMethod, DescribedResource } from "./described.ts";
import type { ApiDescription } from "./description.ts";
import { wrongExamples } from "./wrongExamples.ts";

/** The schemas of errors. */
export const REFUSAL_SCHEMAS: Record<string, JsonSchema> = {
  Detail: {
    type: "object",
    description: "An error that does not concern a field",
    properties: {
      detail: { type: "string", description: "The error, as a sentence" },
      request_id: {
        type: "string",
        description: "With status 500 only: identifies the request in the log of the server",
      },
    },
    required: ["detail"],
  },
  FieldErrors: {
    type: "object",
    description: "Errors by field; an error that does not concern a single field is under `non_field_errors`",
    additionalProperties: reference("schemas", "Problem"),
  },
  Problem: {
    description: "The errors of a field: texts, errors of nested fields, or one object per item of a list",
    anyOf: [
      { type: "array", items: { type: "string" } },
      reference("schemas", "FieldErrors"),
      { type: "array", items: reference("schemas", "FieldErrors") },
    ],
  },
};

interface Refusal {
  status: number;
  name: string;
  description: string;
  example: string;
  headers?: Record<string, string>;
}

const RETRY_AFTER = { "Retry-After": "The number of seconds to wait before the next attempt" };

/** Errors that many operations share. */
const REFUSALS: readonly Refusal[] = [
  {
    status: 401,
    name: "NotAuthenticated",
    description: "The credentials are missing or not valid",
    example: texts.notAuthenticated,
    headers: { "WWW-Authenticate": "How to sign in" },
  },
  { status: 403, name: "Denied", description: "The caller does not have permission", example: texts.denied },
  {
    status: 404,
    name: "NotFound",
    description: "The object does not exist, or the caller may not see it",
    example: texts.notFound,
  },
  {
    status: 409,
    name: "KeyUnderWay",
    description: "An earlier request with this Idempotency-Key is still in progress",
    example: texts.keyUnderWay,
    headers: RETRY_AFTER,
  },
  {
    status: 413,
    name: "BodyTooLarge",
    description: "The body is too large",
    example: texts.bodyTooLarge,
  },
  {
    status: 415,
    name: "UnsupportedMediaType",
    description: "The body is neither JSON nor a form, or a form with files where none are taken",
    example: texts.unsupportedMediaType("text/plain"),
  },
  {
    status: 416,
    name: "RangeNotSatisfiable",
    description: "The range begins beyond the end of the file",
    example: texts.rangeNotSatisfiable,
    headers: { "Content-Range": "How many bytes there are" },
  },
  {
    status: 422,
    name: "KeyReused",
    description: "This Idempotency-Key was used for a request with another URL or body",
    example: texts.keyReused,
  },
  {
    status: 429,
    name: "TooManyRequests",
    description: "Too many requests",
    example: texts.tooManyRequests,
    headers: RETRY_AFTER,
  },
  {
    status: 503,
    name: "Unavailable",
    description: "The database is not available or overloaded",
    example: texts.unavailable,
    headers: RETRY_AFTER,
  },
];

/** The responses to which operations refer. */
export const REFUSAL_RESPONSES: Record<string, object> = {
  ...Object.fromEntries(
    REFUSALS.map(({ name, description, example, headers }) => [
      name,
      {
        description,
        ...(headers === undefined
          ? {}
          : {
              headers: Object.fromEntries(
                Object.entries(headers).map(([header, about]) => [
                  header,
                  { description: about, schema: { type: "string" } },
                ]),
              ),
            }),
        content: {
          "application/json": { schema: reference("schemas", "Detail"), example: { detail: example } },
        },
      },
    ]),
  ),
  Refused: {
    description:
      "Any other error: a body that arrives too slowly (408), a URL that is too long (414), a fault of the server (500)",
    content: {
      "application/json": { schema: reference("schemas", "Detail"), example: { detail: texts.internal } },
    },
  },
};

/** The errors of an operation, derived from its definition. */
export function refusals(
  resource: DescribedResource,
  method: string,
  definition: DescribedMethod,
  api: ApiDescription,
  body: JsonSchema | null,
): Record<string, object> {
  const isPublic = resource.policy === "public";
  const isKeyed = method === "POST" && api.honoursKeys && !isPublic;
  const isAnswered: Record<number, boolean> = {
    401: !isPublic,
    403: !isPublic && !resource.hides,
    404: resource.absent === 404 || (resource.hides && !isPublic),
    409: isKeyed,
    413: body !== null,
    415: body !== null,
    422: isKeyed,
    429: api.limitsRates,
    503: true,
  };
  const { refuses = [], query } = definition;
  const shared = REFUSALS.filter(({ status }) => isAnswered[status] || refuses.includes(status));
  const mayBeWrong = body !== null || query !== undefined || isKeyed || refuses.includes(400);
  return {
    ...(mayBeWrong ? { 400: wrong(definition, body, isKeyed) } : {}),
    ...Object.fromEntries(shared.map(({ status, name }) => [status, reference("responses", name)])),
    default: reference("responses", "Refused"),
  };
}

/** The response 400, with examples for the operation. */
function wrong(definition: DescribedMethod, body: JsonSchema | null, isKeyed: boolean): object {
  const examples = wrongExamples(definition, body, isKeyed);
  const shapes = [
    reference("schemas", "FieldErrors"),
    ...(definition.list === undefined ? [] : [{ type: "array", items: reference("schemas", "FieldErrors") }]),
    reference("schemas", "Detail"),
  ];
  return {
    description: "All errors in the request",
    content: {
      "application/json": {
        schema: { anyOf: shapes },
        ...(Object.keys(examples).length === 0 ? {} : { examples }),
      },
    },
  };
}

export function reference(kind: "schemas" | "responses" | "parameters", name: string): JsonSchema {
  return { $ref: `#/components/${kind}/${name}` };
}
