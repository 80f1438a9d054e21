import type { UserId } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";

/** The authenticated user of a request. */
export interface Caller {
  id: UserId;
  isSuperuser: boolean;
  /** A BCP 47 tag; null if unknown. */
  language: string | null;
  /** An IANA name; null if unknown. */
  timeZone: string | null;
}

/**
 * Authenticates a request for the host. Null (no credentials) and a thrown `unauthorized(texts.wrongCredentials)`
 * give 401.
 */
export type Authenticate = (request: FastifyRequest) => Caller | null | Promise<Caller | null>;

/** Returns the current data of a user; null if the user no longer exists. */
export type FindCaller = {
  // As a method, so that a host may say that its ids are numbers, or strings.
  find(id: UserId): Caller | null | Promise<Caller | null>;
}["find"];

/**
 * Asks a policy. `asked` has `method` (GET also for HEAD and for methods that the URL does not support), `params` and
 * the context of the resource.
 */
export type Allow = (
  policy: string,
  caller: Caller,
  asked: { method: string; params: Record<string, string | number | null> } & Record<string, unknown>,
) => boolean | Promise<boolean>;
