import type { IncomingMessage } from "node:http";
import { ApiError, type UserId } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { originKind } from "./http/origins.ts";
import type { Trust } from "./http/peer.ts";
import type { Ticket, Tokens } from "./people/tokens.ts";
import type { Authenticate, Caller, FindCaller } from "./policies/caller.ts";
import type { Authenticated } from "./realtime/identity.ts";
import type { AuthenticateSocket } from "./realtime/sockets.ts";
import type { Settings } from "./settings.ts";

/**
 * Who opens a socket: the owner of the ticket in `?token=`, or whoever the request itself names, as over HTTP. While it
 * is open, `findCaller` says who they are. Where there is none, a superuser is asked for again with the request that
 * opened the socket; one who came with a ticket is a superuser for as long as that is good, and not longer.
 */
export function socketAuthentication(
  settings: Settings,
  tokens: Tokens,
  authenticate: Authenticate,
  findCaller: FindCaller | null,
  trust: Trust,
): AuthenticateSocket {
  return async (request) => {
    if (originKind(request, trust, settings.http.allowedOrigins) === "foreign") return null;
    const token = new URL(request.url ?? "/", "http://host").searchParams.get("token");
    if (token === null) return fromRequest(request);
    const ticket = await tokens.readTicket(token);
    return ticket === null ? fromRequest(request, token) : fromTicket(ticket);
  };

  function fromTicket({ caller: user, expires }: Ticket): Authenticated {
    if (findCaller !== null) return { user, isCurrent: false, renew: () => findCaller(user.id) };
    if (!user.isSuperuser) return { user, isCurrent: true, renew: null };
    const renew = () => (Date.now() < expires ? user : { ...user, isSuperuser: false });
    return { user, isCurrent: true, renew };
  }

  async function fromRequest(request: IncomingMessage, token?: string): Promise<Authenticated | null> {
    const user = await named(request, token);
    if (user === null) return null;
    if (findCaller !== null) return { user, isCurrent: true, renew: finding(findCaller, user.id) };
    // Requests are kept of superusers only: of others nothing is asked again.
    return { user, isCurrent: true, renew: user.isSuperuser ? () => named(request, token) : null };
  }

  /** Made where no request is in sight: a function keeps all that any other of its block needs. */
  function finding(find: FindCaller, id: UserId): () => ReturnType<FindCaller> {
    return () => find(id);
  }

  /** A host sees a request like any other, with the token as its bearer. */
  async function named(request: IncomingMessage, token?: string): Promise<Caller | null> {
    const headers =
      token === undefined ? request.headers : { ...request.headers, authorization: `Bearer ${token}` };
    try {
      return await authenticate({ headers, raw: request, url: request.url, method: "GET" } as FastifyRequest);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return null;
      throw error;
    }
  }
}
