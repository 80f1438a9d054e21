import { invalid, notFound, texts, type UserIdKind } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { readUserId } from "../policies/userIds.ts";
import { peerOf, type Trust } from "./peer.ts";
import type { ParamKinds, Query } from "./resource.ts";

const DIGITS = /^\d+$/;

/** The path's parameters; an id that is none is null, and a name with a null character names nothing. */
export function readParams(
  kinds: ParamKinds,
  raw: Record<string, string>,
  ids: UserIdKind,
): Record<string, string | number | null> {
  const params: Record<string, string | number | null> = {};
  for (const [name, text] of Object.entries(raw)) {
    if (kinds[name] === "id") params[name] = readId(text);
    else if (kinds[name] === "user") params[name] = readUserId(ids, text);
    else if (text.includes("\0")) throw notFound();
    else params[name] = text;
  }
  return params;
}

function readId(text: string): number | null {
  const id = DIGITS.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(id) ? id : null;
}

/** The query, the last value of each name; no prototype, so that every name is only what was sent. */
export function readQuery(raw: unknown): Query {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(raw as Record<string, string | string[]>)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) query[name] = last;
  }
  return query;
}

/** PostgreSQL's text holds no null characters, so neither may what is searched for. */
export function refuseNullCharacters(query: Query): void {
  const wrong = Object.keys(query).filter((name) => query[name]?.includes("\0"));
  if (wrong.length > 0)
    throw invalid(Object.fromEntries(wrong.map((name) => [name, [texts.nullCharacters]])));
}

/** The address as the client wrote it; a host header that is no host is not repeated. */
export function urlOf(request: FastifyRequest, trust: Trust): URL {
  const { scheme, host } = peerOf(request.raw, trust);
  const sent = `${scheme}://${host}${request.url}`;
  return new URL(URL.canParse(sent) ? sent : `${scheme}://localhost${pathOf(request.url)}`);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : `/${url.replace(/^\/+/, "")}`;
}
