import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest, RequestPayload } from "fastify";
import { FORM } from "./body.ts";

/**
 * Takes bodies that the host has read already, as `express.json()` does: they are read again from what it made of them.
 * Where it left nothing, the host is told: without this the request would wait for a body that never comes.
 */
export function acceptReadBodies(app: FastifyInstance): void {
  app.addHook("preParsing", (request, _out, payload, done) => {
    if (!request.raw.readableEnded) return done(null, payload);
    try {
      done(null, readAgain(request));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws where nothing of it is left */
function readAgain({ raw, headers }: FastifyRequest): RequestPayload {
  if (headers["content-length"] === "0") return Readable.from([]);
  const bytes = bytesOf(raw, headers["content-type"]);
  return Object.assign(Readable.from([bytes], { objectMode: false }), {
    // What the client says of its length was true of what it sent.
    receivedEncodedLength: Number(headers["content-length"]) || bytes.length,
  });
}

/** @throws where nothing of it is left */
function bytesOf(raw: IncomingMessage & { body?: unknown }, contentType: string | undefined): Buffer {
  const { body } = raw;
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === "string") return Buffer.from(body);
  if (body === undefined)
    throw new Error(
      "The host has read the request's body and left nothing of it: mount Colloquy before what reads it",
    );
  return Buffer.from(
    contentType?.toLowerCase().startsWith(FORM) ? formOf(body as object) : JSON.stringify(body),
  );
}

function formOf(body: object): string {
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}
