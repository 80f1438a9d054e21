import type { Socket } from "node:net";
import { ApiError, notFound, refused, texts } from "@colloquy/protocol";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { DatabaseUnavailable } from "../database/database.ts";
import type { CompatEdge } from "./compat.ts";

/** Every way in which a request ends badly, answered in one shape. */
export function answerErrors(app: FastifyInstance, compat: CompatEdge): void {
  app.setErrorHandler((error, request, out) => answerError(error, request, out, compat));
  app.setNotFoundHandler((_request, out) => sendError(notFound(), out));
}

function answerError(
  error: unknown,
  request: FastifyRequest,
  out: FastifyReply,
  compat: CompatEdge,
): FastifyReply {
  const known = error instanceof ApiError ? error : translated(error as FastifyError, request);
  if (error instanceof DatabaseUnavailable) request.log.warn({ err: error }, "the database is unavailable");
  // Fastify would close the connection. Whoever is still sending the body could then miss the answer: a proxy makes a
  // 502 of that. The rest of the body is discarded instead, for as long as bodies have to arrive.
  if ((error as FastifyError).code === "FST_ERR_CTP_BODY_TOO_LARGE") out.removeHeader("connection");
  if (known === null) {
    request.log.error({ err: error }, "request failed");
    return out.code(500).send({ detail: texts.internal, request_id: request.id });
  }
  return sendError(known, out, compat.error(request.routeOptions.config?.resource ?? "", known));
}

export function sendError(error: ApiError, out: FastifyReply, body = error.body): FastifyReply {
  return out
    .code(error.status)
    .headers(error.headers)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

/** Seconds after which something that was unavailable may be asked again. */
export const RETRY_AFTER = "5";

/**
 * What Fastify refuses by itself, in our words, and what something that we depend on cannot do now; null for what is
 * our own fault.
 */
export function translated(
  error: FastifyError | DatabaseUnavailable,
  request: FastifyRequest,
): ApiError | null {
  if (error instanceof DatabaseUnavailable)
    return refused(503, texts.unavailable, { "retry-after": RETRY_AFTER });
  switch (error.code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return refused(415, texts.unsupportedMediaType(request.headers["content-type"] ?? ""));
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return refused(413, texts.bodyTooLarge);
    case "FST_ERR_MAX_PARAM_LENGTH":
      return refused(414, texts.addressTooLong);
    default:
      return isClients(error) ? refused(error.statusCode ?? 400, texts.badRequest) : null;
  }
}

function isClients({ code, statusCode = 500 }: FastifyError): boolean {
  return typeof code === "string" && code.startsWith("FST_ERR_") && statusCode < 500;
}

const BROKEN: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** What is not even HTTP never becomes a request; it gets a last line and is cut off. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = BROKEN[error.code ?? ""] ?? "400 Bad Request";
  const body = JSON.stringify({ detail: texts.badRequest });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
