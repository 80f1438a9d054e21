import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { ApiError, refused, texts } from "@colloquy/protocol";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { FileTooLarge, type Incoming, type Received } from "../storage/incoming.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The files of a form, by the hash that stands in their field; they are gone when the request is. */
    uploads: ReadonlyMap<string, Received>;
  }
}

export const MULTIPART = "multipart/form-data";

/** Of one form. */
const LIMITS = { files: 20, fields: 100, parts: 120, fieldNameSize: 100, fieldSize: 65_536, headerPairs: 20 };

const NONE: ReadonlyMap<string, Received> = new Map();

/**
 * Takes forms with files at the addresses that take them. Each file goes to the disk as it comes, up to its limit; what a
 * client says of its name and type is not looked at.
 */
export function acceptFiles(app: FastifyInstance, incoming: Incoming | undefined): void {
  app.decorateRequest("uploads", null as never);
  app.addHook("onRequest", (request, _out, done) => {
    request.uploads = NONE;
    done();
  });
  if (incoming === undefined) return;
  app.addContentTypeParser(MULTIPART, async (request: FastifyRequest, body: Readable) => {
    const contentType = request.headers["content-type"]!;
    if (request.routeOptions.config.takesFiles !== true)
      throw refused(415, texts.unsupportedMediaType(contentType));
    const uploads = new Map<string, Received>();
    request.uploads = uploads;
    return readForm(incoming, contentType, body, uploads);
  });
  // Also where the client has hung up: then the handler finds nothing of them, and nobody waits for what it says.
  app.addHook("onResponse", async ({ uploads }) => {
    for (const received of uploads.values()) await incoming.drop(received);
  });
}

/** @throws ApiError */
async function readForm(
  incoming: Incoming,
  contentType: string,
  body: Readable,
  uploads: Map<string, Received>,
): Promise<Record<string, string | string[]>> {
  const form = parserOf(contentType);
  const values = new Map<string, string[]>();
  const add = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value]);
  const stop = new AbortController();
  const receiving: Promise<void>[] = [];

  async function take(name: string, file: BusboyFileStream): Promise<void> {
    const received = await incoming.receive(file, stop.signal);
    const known = uploads.get(received.sha256);
    if (known === undefined) uploads.set(received.sha256, received);
    else await incoming.drop(received);
    add(name, received.sha256);
  }

  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  const tooMuch = () => fail(refused(400, texts.badMultipart));
  form.on("field", (name, value, nameCut, valueCut) => (nameCut || valueCut ? tooMuch() : add(name, value)));
  form.on("file", (name, file) => {
    // Of a form that breaks off this is told once more when nobody listens any longer.
    file.on("error", () => undefined);
    receiving.push(take(name, file));
    receiving.at(-1)!.catch(fail);
  });
  for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) form.on(limit, tooMuch);
  const read = new Promise<void>((resolve, reject) => {
    form.once("finish", resolve);
    form.on("error", reject);
    finished(body, { writable: false }).catch(reject);
  });
  body.pipe(form as unknown as Writable);

  try {
    await Promise.race([read, failed]);
    await Promise.all(receiving);
  } catch (error) {
    // What still comes is read and forgotten, so that the client gets to read the answer.
    body.unpipe();
    body.resume();
    stop.abort();
    await Promise.allSettled(receiving);
    throw asRefusal(error);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0]! : all]));
}

/** @throws ApiError where the header does not say how the parts are divided */
function parserOf(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { "content-type": contentType }, limits: LIMITS });
  } catch {
    throw refused(400, texts.badMultipart);
  }
}

/** What is wrong with a form is the client's fault; that a disk is full is not. */
function asRefusal(error: unknown): unknown {
  if (error instanceof FileTooLarge) return refused(413, texts.fileTooLarge, { connection: "close" });
  if (error instanceof ApiError || (error instanceof Error && "syscall" in error)) return error;
  return refused(400, texts.badMultipart, { connection: "close" });
}
