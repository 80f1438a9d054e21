import type { IncomingMessage } from "node:http";
import { ApiError } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import type { Authenticate, Caller } from "./http/caller.ts";
import type { Tokens } from "./people/tokens.ts";
import type { AuthenticateSocket } from "./realtime/sockets.ts";
import type { Settings } from "./settings.ts";

/** Who opens a socket: the owner of the ticket in `?token=`, or whoever the request itself names, as over HTTP. */
export function socketAuthentication(
  settings: Settings,
  tokens: Tokens,
  authenticate: Authenticate,
): AuthenticateSocket {
  return async (request) => {
    if (!isKnownOrigin(request, settings.http.allowedOrigins)) return null;
    const token = new URL(request.url ?? "/", "http://host").searchParams.get("token");
    if (token === null) return named(request);
    return (await tokens.readTicket(token)) ?? named(request, token);
  };

  /** A host sees a request like any other, with the token as its bearer. */
  async function named(request: IncomingMessage, token?: string): Promise<Caller | null> {
    const headers =
      token === undefined ? request.headers : { ...request.headers, authorization: `Bearer ${token}` };
    try {
      return await authenticate({ headers, raw: request, url: request.url, method: "GET" } as FastifyRequest);
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  }
}

/** Browsers say where a page came from; other clients say nothing, and bring their own credentials. */
function isKnownOrigin({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  return origin === undefined || allowed.includes(origin) || URL.parse(origin)?.host === host;
}
