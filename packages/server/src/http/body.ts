import { parse as parseForm } from "node:querystring";
import {
  ApiError,
  type FieldErrors,
  invalid,
  type Problem,
  parseBody,
  refused,
  texts,
} from "@colloquy/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MULTIPART } from "./multipart.ts";
import type { AnyMethod } from "./resource.ts";

export const FORM = "application/x-www-form-urlencoded";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON and forms, nothing else; an empty body is an empty object. */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    const read = parseJson(body as Buffer);
    if (read instanceof Error) done(read);
    else done(null, read);
  });
  app.addContentTypeParser(FORM, { parseAs: "buffer" }, (_request, body, done) => {
    const form = body.toString();
    if (JSON_BEGINS.test(form)) done(refused(415, texts.jsonAsForm));
    else done(null, parseForm(form, "&", "=", { maxKeys: 0 }));
  });
}

/** How JSON begins, and no form: these characters are encoded in the names of its fields. */
const JSON_BEGINS = /^\s*(?:\{\s*["}]|\[\s*[[\]{"])/;

// Keys like __proto__ stay plain own properties here, and nothing reads a name that a route does not list.
function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    return refused(400, texts.parseError((error as Error).message));
  }
}

/** The body as the method's fields read it; throws what is wrong with it, and what the rules say, in one. */
export async function readBody(
  method: AnyMethod,
  request: FastifyRequest,
  call: { body: unknown },
): Promise<unknown> {
  if (method.body === undefined) return undefined;
  const sent = request.body === undefined ? {} : request.body;
  const parsed = parseBody(method.body, method.list === undefined ? sent : { [method.list]: sent }, {
    partial: method.partial === true,
    form: isForm(request.headers["content-type"]),
  });
  const [valid, ownProblems] = "value" in parsed ? [parsed.value, {}] : [parsed.valid, parsed.errors];
  const rules = valid === null ? null : await method.rules?.({ ...call, body: valid, problems: ownProblems });
  const problems: FieldErrors = { ...rules, ...ownProblems };
  if (Object.keys(problems).length === 0) return valid;
  throw method.list === undefined ? invalid(problems) : invalidList(problems[method.list]!);
}

function isForm(contentType = ""): boolean {
  return [FORM, MULTIPART].some((type) => contentType.toLowerCase().startsWith(type));
}

/** What is wrong with a body that is a list: one object per item, empty where it is fine. */
function invalidList(problem: Problem): ApiError {
  if (Array.isArray(problem) && typeof problem[0] === "object") return new ApiError(400, problem);
  return new ApiError(400, Array.isArray(problem) ? { non_field_errors: problem } : problem);
}
