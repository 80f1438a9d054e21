import type { WriteStream } from "node:tty";
import type { FastifyRequest } from "fastify";
import type { DestinationStream, LoggerOptions } from "pino";
import { prettyLog } from "./prettyLog.ts";

const SECRET_HEADERS = ["authorization", "cookie", "proxy-authorization", "sec-websocket-protocol"];
const SECRETS = /([?&](?:token|access_token|ticket|signature)=)[^&#]*/gi;

/** An address fit for a log: without the tokens that sockets and signed links carry in the query. */
export function withoutSecrets(url: string): string {
  return url.replace(SECRETS, "$1[redacted]");
}

/** A log for people, who watch terminals unless they say otherwise; elsewhere pino writes its own lines. */
export function prettyLogTo(
  out: WriteStream,
  format = out.isTTY ? "pretty" : "json",
): DestinationStream | undefined {
  return format === "pretty" ? prettyLog(out) : undefined;
}

export function loggerOptions(level: string): LoggerOptions {
  return {
    level,
    redact: {
      paths: ["headers", "req.headers", "request.headers"].flatMap((place) =>
        SECRET_HEADERS.map((name) => `${place}["${name}"]`),
      ),
      censor: "[redacted]",
    },
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        url: withoutSecrets(request.url),
        remoteAddress: request.ip,
      }),
    },
  };
}
