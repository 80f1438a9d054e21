import type { UserId } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";

/** Who asks. */
export interface Caller {
  id: UserId;
  isSuperuser: boolean;
  /** A BCP 47 tag; null where it is not known. */
  language: string | null;
  /** An IANA name; null where it is not known. */
  timeZone: string | null;
}

/**
 * The host's way to tell who asks. Null (no credentials) and `unauthorized(texts.wrongCredentials)`, thrown,
 * are answered 401.
 */
export type Authenticate = (request: FastifyRequest) => Caller | null | Promise<Caller | null>;

/** The host's way to tell who somebody is now, by id; null for who is nobody any more. */
export type FindCaller = {
  // As a method, so that a host may say that its ids are numbers, or strings.
  find(id: UserId): Caller | null | Promise<Caller | null>;
}["find"];

/**
 * Asks a policy. `asked` holds `method` (HEAD and methods that the address does not take ask as GET),
 * `params` and whatever the resource's context holds.
 */
export type Allow = (
  policy: string,
  caller: Caller,
  asked: { method: string; params: Record<string, string | number | null> } & Record<string, unknown>,
) => boolean | Promise<boolean>;
