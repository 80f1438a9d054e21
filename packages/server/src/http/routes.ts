import { METHODS } from "node:http";
import {
  ApiError,
  denied,
  notFound,
  refused,
  texts,
  type UserIdKind,
  unauthorized,
} from "@colloquy/protocol";
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  preValidationAsyncHookHandler,
} from "fastify";
import type { TSchema } from "typebox";
import type { Allow, Authenticate } from "../policies/caller.ts";
import { send } from "./answer.ts";
import { readParams, readQuery, refuseNullCharacters, urlOf } from "./asking.ts";
import { readBody } from "./body.ts";
import type { CompatEdge } from "./compat.ts";
import type { Trust } from "./peer.ts";
import { Reply } from "./reply.ts";
import type { AnyAsking, AnyMethod, Resource } from "./resource.ts";
import { forSerializer } from "./serializer.ts";
import { tellUnknownFields } from "./unknownFields.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What is known of a resource's caller once their way in is checked. */
    asked: AskedWithContext | null;
  }
  interface FastifyContextConfig {
    /** The path of the resource, as it defines it. */
    resource?: string;
    /** Whether it takes forms with files. */
    takesFiles?: boolean;
  }
}

type AskedWithContext = AnyAsking & {
  context: unknown;
  /** The policy said no, and that is told as if there were nothing. */
  hidden: boolean;
  /** Whether the whole body had come when the policy was asked. */
  isWhole: boolean;
  allows(changed: object): Promise<boolean>;
  /** Asks whether the caller may see again what the same request was answered before. @throws the refusal */
  expectRepeatable(answer: unknown): Promise<void>;
};

export interface Gate {
  authenticate: Authenticate;
  allow: Allow;
  compat: CompatEdge;
  trust: Trust;
  ids: UserIdKind;
  tellsUnknownFields: boolean;
}

/** CONNECT never reaches a handler in Node. */
const ALL_METHODS = METHODS.filter((method) => method !== "CONNECT");

/** Lets the router know every method that Node parses, so that each can be told that it is not allowed. */
export function knowAllMethods(app: FastifyInstance): void {
  for (const method of ALL_METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }
}

/**
 * Registers a resource. Who it is, the context and the policy are checked before the method and the body, so
 * that a stranger learns nothing from how an answer differs, and nobody's body is parsed in vain.
 */
export function addResource(app: FastifyInstance, resource: Resource, gate: Gate): void {
  const { path: url } = resource;
  const listed = Object.keys(resource.methods);
  for (const [method, definition] of Object.entries(resource.methods)) {
    app.route({
      method,
      url,
      config: { resource: url, takesFiles: definition.takesFiles === true },
      schema: { response: serialized(definition) },
      onRequest: enter(resource, gate),
      preValidation: enterAgain(resource, gate),
      handler: (request, out) => answer(definition, request, out, gate),
    });
  }
  const allow = listed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const enterAnyway = enter(resource, gate);
  app.route({
    method: ALL_METHODS.filter((method) => !allow.includes(method)),
    url,
    config: { resource: url },
    onRequest: async function (this: FastifyInstance, request, out) {
      await enterAnyway.call(this, request, out);
      throw refused(405, texts.methodNotAllowed(request.method), { allow: allow.join(", ") });
    },
    handler: () => undefined,
  });
}

/** The response schemas for Fastify. */
function serialized({ response }: AnyMethod): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => [status, forSerializer(schema)]),
  );
}

function enter(resource: Resource, gate: Gate): onRequestAsyncHookHandler {
  return async (request) => {
    const caller = resource.policy === "public" ? null : await gate.authenticate(request);
    if (caller === null && resource.policy !== "public") throw unauthorized();
    const method = asksAs(request.method, resource);
    const asking = {
      caller,
      params: readParams(resource.params, request.params as Record<string, string>, gate.ids),
      query: readQuery(request.query),
      method,
      request,
      url: urlOf(request, gate.trust),
    };
    const context = await contextOf(resource, asking);
    if (context instanceof ApiError) throw context;
    const allows = (changed: object) => isAllowed(resource, gate, asking, { ...context, ...changed });
    const hidden = !(await allows({}));
    if (hidden && !resource.hides) throw denied();
    const asked: AskedWithContext = {
      ...asking,
      context,
      hidden,
      isWhole: request.raw.complete !== false,
      allows,
      async expectRepeatable(answer) {
        if (!(await mayRepeat(resource, gate, asked, answer))) throw resource.hides ? notFound() : denied();
      },
    };
    request.asked = asked;
  };
}

async function contextOf(resource: Resource, asking: AnyAsking): Promise<object | ApiError> {
  return ((await resource.context?.(asking)) as object | undefined) ?? {};
}

async function isAllowed(
  { policy }: Resource,
  gate: Gate,
  { caller, method, params }: AnyAsking,
  context: object,
): Promise<boolean> {
  return caller === null || gate.allow(policy, caller, { ...context, method, params });
}

/**
 * Asks all of it once more where the body was still on its way when the policy was asked: a client can hold it back for
 * as long as it takes to lose the right.
 */
function enterAgain(resource: Resource, gate: Gate): preValidationAsyncHookHandler {
  const enterOnce = enter(resource, gate);
  return async function (request, out) {
    if (request.asked?.isWhole === false) await enterOnce.call(this, request, out);
  };
}

async function mayRepeat(
  resource: Resource,
  gate: Gate,
  asked: AskedWithContext,
  answer: unknown,
): Promise<boolean> {
  const method = resource.methods[asked.method]!;
  if (method.mayRepeat !== undefined) return method.mayRepeat({ ...asked, body: undefined }, answer);
  const asking = { ...asked, method: "GET" };
  const context = await contextOf(resource, asking);
  return !(context instanceof ApiError) && isAllowed(resource, gate, asking, context);
}

function asksAs(method: string, resource: Resource): string {
  return Object.hasOwn(resource.methods, method) ? method : "GET";
}

async function answer(method: AnyMethod, request: FastifyRequest, out: FastifyReply, gate: Gate) {
  const asked = request.asked as AskedWithContext;
  refuseNullCharacters(asked.query);
  if (gate.tellsUnknownFields) tellUnknownFields(method, request, out);
  const call = { ...asked, body: undefined };
  const body = await readBody(asked.hidden ? { ...method, rules: undefined } : method, request, call);
  if (asked.hidden) throw notFound();
  const result = await method.handle({ ...call, body });
  return send(request, out, result instanceof Reply ? result : new Reply(200, result, {}), gate.compat);
}
