import { Readable } from "node:stream";
import { notFound, refused, SurveyAggregate, texts } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { Type } from "typebox";
import type { Database } from "../database/database.ts";
import { defineResource, type Reply, type Resource, reply } from "../http/index.ts";
import { type Range, readRange } from "../http/range.ts";
import { aggregate } from "./aggregate/aggregate.ts";
import { fileName } from "./export/fileName.ts";
import { FORMATS } from "./export/formats.ts";
import { type Export, greatestIn, loadVersions, openExport, type Wanted } from "./export/open.ts";
import { lengthOf, part } from "./export/parts.ts";
import { readKey, readWanted, SEPARATORS } from "./export/wanted.ts";

/** Answers to surveys for whoever evaluates them: as files, and counted. */
export function surveyEvaluationResources({ db }: { db: Database }): Resource[] {
  const base = { tags: ["surveys"], policy: "admin" as const, absent: 404 as const };
  // By entity tag: whoever resumes again and again waits only once until the length is known.
  const lengths = new LRUCache<string, number>({ max: 1_000 });

  async function open(wanted: Wanted, upTo?: number): Promise<Export> {
    const opened = await openExport(db, wanted, upTo === undefined ? {} : { upTo });
    if (opened === null) throw notFound();
    return opened;
  }

  /** Null where the client has left meanwhile. */
  async function measure(opened: Export, { raw }: FastifyRequest): Promise<number | null> {
    const known = lengths.get(opened.etag);
    if (known !== undefined) return known;
    const length = await lengthOf(opened.chunks(), () => raw.socket.destroyed);
    if (length !== null && (await opened.isUnchanged())) lengths.set(opened.etag, length);
    return length;
  }

  async function answer(wanted: Wanted, request: FastifyRequest): Promise<Reply> {
    const { headers, method } = request;
    const ifRange = headers["if-range"] as string | undefined;
    const range = method === "GET" ? readRange(headers.range) : null;
    if (range !== null && ifRange !== undefined) {
      // More surveys may have come since: what is resumed ends where it was to end.
      const upTo = greatestIn(ifRange);
      const before = upTo === null ? null : await open(wanted, upTo);
      return before?.etag === ifRange
        ? partly(before, wanted, range, request)
        : whole(await open(wanted), wanted);
    }
    const opened = await open(wanted);
    if (headers["if-none-match"] === opened.etag) return reply(304, undefined, { etag: opened.etag });
    if (method === "HEAD") {
      const length = await measure(opened, request);
      const sizes = { "content-length": String(length ?? 0) };
      return reply(200, Readable.from([]), { ...headersOf(opened, wanted), ...sizes });
    }
    return range === null ? whole(opened, wanted) : partly(opened, wanted, range, request);
  }

  async function partly(opened: Export, wanted: Wanted, { start, end }: Range, request: FastifyRequest) {
    const length = await measure(opened, request);
    if (length === null || start >= length)
      throw refused(416, texts.rangeNotSatisfiable, {
        "content-range": `bytes */${length ?? 0}`,
        "accept-ranges": "bytes",
      });
    const last = Math.min(end ?? length - 1, length - 1);
    const bytes = part(opened.chunks(), { start, end: last }, opened.isUnchanged);
    return reply(206, stream(bytes), {
      ...headersOf(opened, wanted),
      "content-range": `bytes ${start}-${last}/${length}`,
      "content-length": String(last - start + 1),
    });
  }

  return [
    defineResource({
      ...base,
      path: "/admin/surveys/export",
      methods: {
        GET: {
          summary: "Export the answers to a schema",
          description:
            "A file with one row per survey and one column per question, across all versions of a name; or a codebook that explains the columns. `Range` with `If-Range` resumes an interrupted download; `after` returns only surveys with a greater id. Superusers only.",
          refuses: [416],
          headers: Type.Object({
            Range: Type.Optional(Type.String({ description: "The bytes to return: `bytes=1000-`" })),
            "If-Range": Type.Optional(
              Type.String({
                description:
                  "The `ETag` of the interrupted download. If it has changed, the complete file is returned",
              }),
            ),
            "If-None-Match": Type.Optional(
              Type.String({
                description: "The `ETag` of an earlier response. The response is 304 if nothing has changed",
              }),
            ),
          }),
          example: { query: { name: "daily-tracker" } },
          query: Type.Object({
            ...KEY,
            format: Type.Optional(
              Type.Union(
                Object.keys(FORMATS).map((name) => Type.Literal(name)),
                { default: "csv", description: "The format of the file" },
              ),
            ),
            inactive: Type.Optional(Type.Boolean({ description: "Off-path answers too" })),
            completed: Type.Optional(Type.Boolean({ description: "Only those that are, or are not" })),
            after: Type.Optional(Type.Integer({ description: "Only surveys with a greater id" })),
            separator: Type.Optional(
              Type.Union(
                Object.keys(SEPARATORS).map((name) => Type.Literal(name)),
                {
                  default: ",",
                  description: "Of csv; what a spreadsheet program expects differs by country",
                },
              ),
            ),
            bom: Type.Optional(
              Type.Boolean({ description: "Begin csv with a byte order mark, by which Excel knows UTF-8" }),
            ),
          }),
          response: {
            200: File,
            206: File,
            304: Type.Null({ description: "Nothing has changed" }),
          },
          handle: ({ query, request }) => answer(readWanted(query), request),
        },
      },
    }),
    defineResource({
      ...base,
      path: "/admin/surveys/aggregate",
      methods: {
        GET: {
          summary: "Count the answers to a schema",
          description:
            "For each question, over all surveys: how many people saw it, answered it, and chose each option. Superusers only.",
          query: Type.Object(KEY),
          example: { query: { name: "daily-tracker" } },
          response: { 200: SurveyAggregate },
          handle: async ({ query }) => {
            const versions = await loadVersions(db, readKey(query));
            if (versions.length === 0) throw notFound();
            return aggregate(db, versions);
          },
        },
      },
    }),
  ];
}

/** Which schema: one of the two. */
const KEY = {
  name: Type.Optional(
    Type.String({
      description: "All versions of the schema with this name. Either this or `id` is required",
    }),
  ),
  id: Type.Optional(Type.Integer({ description: "The one version with this id" })),
};

/** In any of the formats. */
const File = Type.Unsafe<Readable>({
  description: "The file, or the part of it that was asked for",
  content: Object.fromEntries(
    Object.values(FORMATS).map(({ contentType }) => [
      contentType.split(";")[0],
      { schema: contentType.includes("json") ? {} : { type: "string" } },
    ]),
  ),
});

function whole(opened: Export, wanted: Wanted): Reply {
  return reply(200, stream(opened.chunks()), headersOf(opened, wanted));
}

/** Pulls a chunk when the last one has gone out. */
function stream(chunks: AsyncGenerator<Buffer>): Readable {
  return Readable.from(chunks, { objectMode: false });
}

function headersOf({ name, etag }: Export, { format }: Wanted): Record<string, string> {
  const { contentType, suffix } = FORMATS[format];
  return {
    "content-type": contentType,
    "content-disposition": fileName(name + suffix),
    "accept-ranges": "bytes",
    etag,
  };
}
