import { texts } from "@colloquy/protocol";
import type { JsonSchema } from "./components.ts";
import type { DescribedMethod, DescribedResource } from "./described.ts";
import type { ApiDescription } from "./description.ts";
import { wrongExamples } from "./wrongExamples.ts";

/** The shapes of refusals; they refer to each other. */
export const REFUSAL_SCHEMAS: Record<string, JsonSchema> = {
  Detail: {
    type: "object",
    description: "Why a request is refused, where no field of it is to blame",
    properties: {
      detail: { type: "string", description: "Why, in a sentence" },
      request_id: { type: "string", description: "Of a 500 alone: finds it in the server's log" },
    },
    required: ["detail"],
  },
  FieldErrors: {
    type: "object",
    description: "What is wrong, by field; what concerns no single field is under `non_field_errors`",
    additionalProperties: reference("schemas", "Problem"),
  },
  Problem: {
    description:
      "What is wrong with one field: its texts, the problems of its parts, or one object per item of a list",
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

const RETRY_AFTER = { "Retry-After": "Seconds after which it may be tried again" };

/** What many operations are refused with, alike. */
const REFUSALS: readonly Refusal[] = [
  {
    status: 401,
    name: "NotAuthenticated",
    description: "The request names no user, or in a way that is not believed",
    example: texts.notAuthenticated,
    headers: { "WWW-Authenticate": "How to sign in" },
  },
  { status: 403, name: "Denied", description: "The caller may not do this", example: texts.denied },
  {
    status: 404,
    name: "NotFound",
    description: "There is no such object, or none that the caller may know of",
    example: texts.notFound,
  },
  {
    status: 409,
    name: "KeyUnderWay",
    description: "An earlier request with this Idempotency-Key has not been answered yet",
    example: texts.keyUnderWay,
    headers: RETRY_AFTER,
  },
  {
    status: 413,
    name: "BodyTooLarge",
    description: "The body is larger than the server takes",
    example: texts.bodyTooLarge,
  },
  {
    status: 415,
    name: "UnsupportedMediaType",
    description: "The body is neither JSON nor form-encoded",
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
    description: "This Idempotency-Key belongs to a request with another address or body",
    example: texts.keyReused,
  },
  {
    status: 429,
    name: "TooManyRequests",
    description: "Too many requests in too short a time",
    example: texts.tooManyRequests,
    headers: RETRY_AFTER,
  },
  {
    status: 503,
    name: "Unavailable",
    description: "The database is away, or has more to do than it can",
    example: texts.unavailable,
    headers: RETRY_AFTER,
  },
];

/** The responses that operations refer to. */
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
      "Any other refusal: a body that comes too slowly (408), an address that is too long (414), a fault of the server (500)",
    content: {
      "application/json": { schema: reference("schemas", "Detail"), example: { detail: texts.internal } },
    },
  },
};

/** What an operation may be refused with, as its definition tells. */
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

/** 400, with examples of the operation's own. */
function wrong(definition: DescribedMethod, body: JsonSchema | null, isKeyed: boolean): object {
  const examples = wrongExamples(definition, body, isKeyed);
  const shapes = [
    reference("schemas", "FieldErrors"),
    ...(definition.list === undefined ? [] : [{ type: "array", items: reference("schemas", "FieldErrors") }]),
    reference("schemas", "Detail"),
  ];
  return {
    description: "What is wrong with the request, all of it at once",
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
