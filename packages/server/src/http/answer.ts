import type { FastifyReply, FastifyRequest } from "fastify";
import type { CompatEdge } from "./compat.ts";
import { JsonText, type Reply } from "./reply.ts";
import { parseTrim, trim } from "./trim.ts";

/** Serialises with the route's response schema, so that only listed properties leave, then trims. */
export function send(
  request: FastifyRequest,
  out: FastifyReply,
  reply: Reply,
  compat: CompatEdge,
): FastifyReply {
  const { status, value, headers } = reply;
  out.code(status).headers(headers);
  if (value === undefined || headers["content-type"] !== undefined) return out.send(value);
  const json = value instanceof JsonText ? value.text : serialized(out, status, value);
  out.type("application/json; charset=utf-8");
  return out.send(reshaped(json, request, compat));
}

function serialized(out: FastifyReply, status: number, value: unknown): string {
  const serialize = out.getSerializationFunction(String(status));
  if (serialize === undefined) throw new TypeError(`The route does not describe an answer with ${status}`);
  return serialize(value as Record<string, unknown>) as string;
}

function reshaped(json: string | Buffer, request: FastifyRequest, compat: CompatEdge): string | Buffer {
  const tree = parseTrim(request.asked?.query.fields);
  const change = compat.answer(request.routeOptions.config.resource ?? "", request.method);
  if (tree === null && change === null) return json;
  const value: unknown = JSON.parse(String(json));
  const changed = change === null ? value : change(value);
  return JSON.stringify(tree === null ? changed : trim(changed, tree));
}
