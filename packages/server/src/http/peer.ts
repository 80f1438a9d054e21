import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import type { TLSSocket } from "node:tls";
import proxyAddress from "@fastify/proxy-addr";

/** How many proxies there are in front, or the addresses and networks that are theirs. */
export type TrustProxy = number | string | readonly string[];

/** Whether an address is a proxy's of ours; `hop` counts from the nearest, which is 0. */
export type Trust = (address: string, hop: number) => boolean;

/** Under which name a caller knows this server. */
export interface Peer {
  /** With its port, where it has one of its own. */
  host: string;
  scheme: "http" | "https";
}

/** @throws TypeError for what is neither a number nor a list of addresses and networks */
export function trustOf(trusted: TrustProxy): Trust {
  if (typeof trusted === "number") return (_address, hop) => hop < trusted;
  // Variables of the environment are text.
  if (typeof trusted === "string" && /^\d+$/.test(trusted)) return trustOf(Number(trusted));
  const list = typeof trusted === "string" ? trusted.split(",") : trusted;
  const networks = list.map((one) => one.trim()).filter(Boolean);
  return networks.length === 0 ? () => false : proxyAddress.compile(networks);
}

/** The address of whoever sent a request: of what proxies say, what ours added. */
export function addressOf(request: IncomingMessage, trust: Trust): string {
  return proxyAddress(request, trust);
}

/** Groups of an IPv6 address that name a network: whoever has one has all of the addresses in it. */
const NETWORK_GROUPS = 4;

/**
 * Whom a limit per address counts: an IPv4 address, or the network (/64) of an IPv6 address. Some proxies send a port
 * with it, another one for each connection.
 */
export function networkOf(address: string): string {
  const [, bare = address] = /^\[(.*)\](?::\d+)?$/.exec(address) ?? /^([\d.]+):\d+$/.exec(address) ?? [];
  const mapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare;
  // Without its zone, and as the one form that a URL has of it.
  const [head = "", tail] = new URL(`http://[${bare.split("%")[0]}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail ?? ""].map((groups) => groups.split(":").filter(Boolean));
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - first!.length - last!.length }, () => "0");
  return `${[...first!, ...zeros, ...last!].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/**
 * The one notion of our own host and scheme, for requests and for sockets; the caller's address is Fastify's `ip`, which
 * goes by the same trust. Of what `X-Forwarded-*` say counts what trusted proxies added, from the right; anything before
 * it is the client's own, and from a peer that is no trusted proxy nothing counts.
 */
export function peerOf(request: IncomingMessage, trust: Trust): Peer {
  const { headers, socket } = request;
  const own: Peer = {
    host: headers.host ?? "",
    scheme: (socket as TLSSocket).encrypted === true ? "https" : "http",
  };
  if (!trust(socket.remoteAddress ?? "", 0)) return own;
  const scheme = last(headers["x-forwarded-proto"]);
  return {
    host: last(headers["x-forwarded-host"]) ?? own.host,
    scheme: scheme === "http" || scheme === "https" ? scheme : own.scheme,
  };
}

/** What the nearest proxy said. */
function last(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header).split(",").at(-1)!.trim();
}
