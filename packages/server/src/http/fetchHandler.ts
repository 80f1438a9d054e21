import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { FastifyInstance } from "fastify";
import inject, { type DispatchFunc } from "light-my-request";

/** Answers a web `Request`, for hosts that have these. `address` is the client's, for the limits of rates. */
export type FetchHandler = (request: Request, client?: { address?: string }) => Promise<Response>;

type Method = NonNullable<inject.InjectOptions["method"]>;

/** Of one connection, which here is none. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];
const WITHOUT_BODY = [204, 205, 304];

/** Bodies go in and out in pieces, as fast as the other side takes them. */
export function openFetch(app: FastifyInstance): FetchHandler {
  return async (request, { address } = {}) => {
    const { pathname, search, host, protocol } = new URL(request.url);
    const hasBody = request.body !== null;
    const payload = hasBody ? Readable.fromWeb(request.body as ReadableStream) : undefined;
    const dispatch: DispatchFunc = (raw, response) => {
      const socket = Object.assign(raw.socket, {
        encrypted: protocol === "https:",
        destroyed: false,
        destroy() {
          socket.destroyed = true;
          raw.destroy();
          response.destroy();
        },
      });
      raw.complete = !hasBody;
      raw.once("end", () => {
        raw.complete = true;
      });
      // Who has been answered is not listened to any longer.
      response.once("close", () => payload && leave(payload));
      if (request.signal.aborted) return socket.destroy();
      request.signal.addEventListener("abort", () => socket.destroy(), { once: true });
      app.routing(raw, response);
    };
    const answer = await inject(dispatch, {
      method: request.method as Method,
      url: pathname + search,
      headers: {
        host,
        // Nobody says how long a stream is.
        ...(hasBody && !request.headers.has("content-length") ? { "transfer-encoding": "chunked" } : {}),
        ...Object.fromEntries(request.headers),
      },
      ...(payload === undefined ? {} : { payload }),
      ...(address === undefined ? {} : { remoteAddress: address }),
      payloadAsStream: true,
    });
    const isEmpty = request.method === "HEAD" || WITHOUT_BODY.includes(answer.statusCode);
    if (isEmpty) answer.stream().resume();
    return new Response(
      isEmpty ? null : (Readable.toWeb(answer.stream()) as ConstructorParameters<typeof Response>[0]),
      {
        status: answer.statusCode,
        headers: headersOf(answer.headers),
      },
    );
  };
}

/** Milliseconds in which a body may still be written that nobody reads. */
const LAST_WRITES = 1_000;

/** Cancels a body, but not at once: Node writes a form on, and the rejection that it then gets ends the process. */
function leave(body: Readable): void {
  body.on("error", () => {});
  setTimeout(() => body.destroy(), LAST_WRITES).unref();
}

function headersOf(sent: Record<string, string | string[] | number | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined || HOP_BY_HOP.includes(name)) continue;
    for (const one of [value].flat()) headers.append(name, String(one));
  }
  return headers;
}
