import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";

/**
 * Takes bodies that the host has read already, as `express.json()` does: they are read again from what it made of them.
 * Where it left nothing, the host is told: without this the request would wait for a body that never comes.
 */
export function acceptReadBodies(app: FastifyInstance): void {
  app.addHook("preParsing", async (request, _out, payload) => {
    const { raw } = request;
    if (!raw.readableEnded) return payload;
    if (request.headers["content-length"] === "0") return Readable.from([]);
    const bytes = bytesOf(raw, request.headers["content-type"] ?? "");
    return Object.assign(Readable.from([bytes], { objectMode: false }), {
      // What the client says of its length was true of what it sent.
      receivedEncodedLength: Number(request.headers["content-length"]) || bytes.length,
    });
  });
}

/** @throws where nothing of it is left */
function bytesOf(raw: IncomingMessage & { body?: unknown }, contentType: string): Buffer {
  const { body } = raw;
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === "string") return Buffer.from(body);
  if (body === undefined)
    throw new Error(
      "The host has read the request's body and left nothing of it: mount Colloquy before what reads it",
    );
  const isForm = contentType.toLowerCase().startsWith("application/x-www-form-urlencoded");
  return Buffer.from(isForm ? formOf(body as object) : JSON.stringify(body));
}

function formOf(body: object): string {
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}
