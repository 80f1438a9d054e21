import { refused, texts, type UserId, type UserIdKind, unauthorized } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { createRemoteJWKSet, errors, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Authenticate, Caller, FindCaller } from "../policies/caller.ts";
import { ID_WORDS, readUserId } from "../policies/userIds.ts";
import type { LookUp } from "./lookUp.ts";
import type { AccountRow } from "./queries.ts";
import { remember } from "./remember.ts";
import { rightsBelieved } from "./rights.ts";

/** Seconds for which a ticket opens a socket. */
const TICKET_SECONDS = 60;
const TICKET = "colloquy:socket";
/** Milliseconds for which a good token is not verified again, and never beyond its `exp`. */
const REMEMBERED = 60_000;
const MOST_REMEMBERED = 10_000;

/** Milliseconds for which the time is not looked at again: the cache sets a timer each time. */
const CLOCK = 100;

/** Tokens signed with the server's own secret. */
export interface Tokens {
  /** A token that says who its bearer is, for so many seconds. */
  issue(userId: UserId, seconds: number): Promise<string>;
  /** A ticket for one's socket, where a browser cannot send headers. */
  ticket(caller: Caller): Promise<string>;
  /** Whose ticket it is; null where it is none, or too old. */
  readTicket(token: string): Promise<Ticket | null>;
}

export interface Ticket {
  /** Who asked for it, as they were then. */
  caller: Caller;
  /** In milliseconds since 1970. */
  expires: number;
}

/** What tokens are signed with, and must say. */
interface AuthSettings {
  jwksUrl?: string | undefined;
  audience?: string | undefined;
  issuer?: string | undefined;
  dev: boolean;
}

export function openTokens(secret: string, { audience, issuer }: AuthSettings, ids: UserIdKind): Tokens {
  const key = new TextEncoder().encode(secret);
  const sign = (
    userId: UserId,
    seconds: number,
    aud: string | undefined,
    claims: Record<string, unknown> = {},
  ) => {
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(String(userId))
      .setIssuedAt();
    token.setExpirationTime(`${seconds}s`);
    if (aud !== undefined) token.setAudience(aud);
    if (issuer !== undefined) token.setIssuer(issuer);
    return token.sign(key);
  };
  return {
    issue: (userId, seconds) => sign(userId, seconds, audience),
    ticket: ({ id, ...who }) => sign(id, TICKET_SECONDS, TICKET, { who }),
    async readTicket(token) {
      const payload = await verified(() =>
        jwtVerify(token, key, { algorithms: ["HS256"], audience: TICKET, requiredClaims: ["exp"] }),
      );
      const id = payload?.sub === undefined ? null : readUserId(ids, payload.sub);
      if (id === null) return null;
      return { caller: { id, ...(payload!.who as Omit<Caller, "id">) }, expires: payload!.exp! * 1_000 };
    },
  };
}

/**
 * How the standalone server tells who asks: a bearer token, HS256 by `auth.secret` or RS256 and ES256 by
 * `auth.jwksUrl`; `exp` is required, `aud` and `iss` where they are set. Under `auth.dev` also `X-User-Id`.
 */
export function standaloneAuthentication(
  lookUp: LookUp,
  { auth, accounts }: { auth: AuthSettings; accounts: { cacheSeconds: number; ids: UserIdKind } },
  secret: string,
): Authenticate {
  const key = new TextEncoder().encode(secret);
  const bearers = new LRUCache<string, UserId>({
    max: MOST_REMEMBERED,
    ttl: REMEMBERED,
    ttlResolution: CLOCK,
  });
  const callers = remember<Caller>(
    async (ids) => new Map((await lookUp(ids)).map((account) => [account.id, callerOf(account)])),
    rightsBelieved(accounts),
  );
  const remote = auth.jwksUrl === undefined ? null : createRemoteJWKSet(new URL(auth.jwksUrl));
  const claims = {
    requiredClaims: ["exp", "sub"],
    ...(auth.audience === undefined ? {} : { audience: auth.audience }),
    ...(auth.issuer === undefined ? {} : { issuer: auth.issuer }),
  };

  return async (request) => {
    const given = credentials(request, auth.dev);
    if (given === null) return null;
    const id = "user" in given ? userOf(textOf(given.user)) : await bearer(given.token);
    const caller = id === null ? null : (callers.get(id) ?? (await callers.find([id])).get(id));
    if (!caller) throw unauthorized(texts.wrongCredentials);
    return caller;
  };

  /** @throws the refusal of what can be no user's id */
  function userOf(subject: string): UserId {
    const id = readUserId(accounts.ids, subject);
    if (id === null) throw unauthorized(texts.noUserId(ID_WORDS[accounts.ids]));
    return id;
  }

  async function bearer(token: string): Promise<UserId | null> {
    const known = bearers.get(token);
    if (known !== undefined) return known;
    const payload = await verified(() =>
      remote === null
        ? jwtVerify(token, key, { ...claims, algorithms: ["HS256"] })
        : jwtVerify(token, remote, { ...claims, algorithms: ["RS256", "ES256"] }),
    );
    // A ticket opens a socket and nothing else.
    const id = payload === null || payload.aud === TICKET ? null : userOf(payload.sub!);
    const ttl = Math.min(REMEMBERED, (payload?.exp ?? 0) * 1_000 - Date.now());
    if (id !== null && ttl >= 1) bearers.set(token, id, { ttl });
    return id;
  }
}

/** How the standalone server tells who somebody is now, by id. */
export function standaloneCallers(lookUp: LookUp): FindCaller {
  return async (id) => {
    const [account] = await lookUp([id]);
    return account === undefined ? null : callerOf(account);
  };
}

function callerOf({ id, is_superuser: isSuperuser, language, time_zone: timeZone }: AccountRow): Caller {
  return { id, isSuperuser, language, timeZone };
}

function credentials(request: FastifyRequest, dev: boolean): { user: string } | { token: string } | null {
  const { authorization, "x-user-id": user } = request.headers;
  if (dev && typeof user === "string") return { user };
  if (authorization === undefined) return null;
  const [scheme, token] = authorization.split(" ");
  return scheme?.toLowerCase() === "bearer" && token ? { token } : null;
}

/** What jose says where a key set cannot be fetched, or is none. */
const NO_KEYS = ["ERR_JOSE_GENERIC", "ERR_JWKS_INVALID", "ERR_JWKS_TIMEOUT"];

/** The claims of a good token; null for a bad one. @throws 503 where the keys to tell cannot be fetched */
async function verified<Payload>(verify: () => Promise<{ payload: Payload }>): Promise<Payload | null> {
  try {
    return (await verify()).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError && !NO_KEYS.includes(error.code)) return null;
    // What `fetch` rejects with.
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      throw refused(503, texts.unavailable, { "retry-after": "5" });
    throw error;
  }
}

/** A header as UTF-8, which is not how Node reads it. */
function textOf(header: string): string {
  return Buffer.from(header, "latin1").toString();
}
