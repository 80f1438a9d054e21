import { check, SchemaDocument } from "@colloquy/engine";
import { Bool, Finding, fields, notFound, Schema, SchemaSummary, Text } from "@colloquy/protocol";
import { type TSchema, Type } from "typebox";
import { defineResource, listQuery, NoContent, parseFilters, parsePage, reply } from "../http/index.ts";
import type { SchemaDeps } from "./deps.ts";
import { editSchema, removeSchema, replaceBy } from "./edit.ts";
import { EXAMPLE_DOCUMENT } from "./exampleDocument.ts";
import { foundSchema, wholeSchema } from "./found.ts";
import { copySchema, documentOf, importDocument } from "./importDocument.ts";
import { publish } from "./publish.ts";
import { ALL_SCHEMAS_LIST, listSchemas } from "./queries.ts";
import { SimulateAnswer, SimulateBody, type SimulateDeps, simulateRequest } from "./simulate.ts";
import { toSummary } from "./wire.ts";

/** Schemas as their authors see and change them. Documents go in and out whole. */
export function adminSchemaResources(deps: SchemaDeps & SimulateDeps) {
  const { db } = deps;
  const base = { tags: ["authoring"], policy: "admin" as const };
  const byId = { ...base, params: { id: "id" as const } };
  const idOf = (id: number | null) => {
    if (id === null) throw notFound();
    return id;
  };
  const found = (id: number | null) => foundSchema(deps, idOf(id));
  const whole = (id: number | null) => wholeSchema(deps, idOf(id));
  const raw = (request: { body?: unknown }) => request.body;

  return [
    defineResource({
      ...base,
      path: "/admin/schemas",
      methods: {
        GET: {
          summary: "List all schemas",
          description: "In every version, published or not; with `limit` a page of them. For superusers.",
          query: listQuery(ALL_SCHEMAS_LIST.filters, ALL_SCHEMAS_LIST.order),
          response: { 200: Type.Array(SchemaSummary, { description: "The schemas" }) },
          handle: async ({ query }) => {
            const filters = parseFilters(query, ALL_SCHEMAS_LIST.filters, ALL_SCHEMAS_LIST.order);
            const page = query.limit === undefined ? { limit: null, offset: 0 } : parsePage(query);
            return (await listSchemas(db, { ...page, ...filters })).map(toSummary);
          },
        },
        POST: {
          summary: "Store a schema document",
          description:
            "As a new version, not published yet. Without a `version` it is the next of its name; one that exists and is not published is replaced. For superusers.",
          ...document,
          response: { 201: Schema },
          handle: async ({ request }) =>
            reply(201, await whole((await importDocument(deps, raw(request))).id)),
        },
      },
    }),
    defineResource({
      ...base,
      path: "/admin/schemas/import",
      methods: {
        POST: {
          summary: "Import a schema document",
          description:
            "Stores it, and may publish it in the same step: 201 where it is a new version, 200 where it took the place of one or was there already. One that was to be published and may not be is not stored either. For superusers.",
          query: Type.Object({
            publish: Type.Optional(
              Type.Boolean({ description: "Whether to publish it, too", default: false }),
            ),
            force: Type.Optional(
              Type.Boolean({ description: "Whether to publish it in spite of errors found", default: false }),
            ),
          }),
          ...document,
          example: { body: { ...EXAMPLE_DOCUMENT, name: "sleep-at-home" }, query: { publish: true } },
          response: { 200: Schema, 201: Schema },
          handle: async ({ request, query }) => {
            const options = { publish: query.publish === "true", force: query.force === "true" };
            const { id, created } = await importDocument(deps, raw(request), options);
            return reply(created ? 201 : 200, await whole(id));
          },
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id",
      methods: {
        GET: {
          summary: "Get a schema",
          description: "Whole, published or not. For superusers.",
          response: { 200: Schema },
          handle: async ({ params }) => whole(params.id),
        },
        PUT: {
          summary: "Replace a schema",
          description:
            "By a document; the version stays unless it names another. A published schema is not changed: copy it. For superusers.",
          ...document,
          example: { ...document.example, ...draft },
          response: { 200: Schema },
          handle: async ({ params, request }) => {
            await replaceBy(deps, idOf(params.id), raw(request));
            return whole(params.id);
          },
        },
        PATCH: {
          summary: "Change a schema",
          description:
            "Its name, type or language. A published schema is not changed: copy it. For superusers.",
          body: fields(
            {
              name: Text({
                maxLength: 255,
                required: false,
                description: "The name that all its versions share",
              }),
              type: Text({
                maxLength: 50,
                required: false,
                description: "One of the setting `types.schema`, where that names any",
              }),
              language: Text({
                maxLength: 35,
                required: false,
                description: "The language of its texts, a BCP 47 tag",
              }),
            },
            { title: "SchemaEdit", description: "What changes of a schema; what is left out stays" },
          ),
          example: { ...draft, body: { language: "en" } },
          response: { 200: Schema },
          handle: async ({ params, body }) => {
            await editSchema(deps, idOf(params.id), body);
            return whole(params.id);
          },
        },
        DELETE: {
          summary: "Delete a schema",
          description:
            "One that nobody has used: `IN_USE` where somebody's conversation needs it. For superusers.",
          refuses: [400],
          example: draft,
          response: { 204: NoContent },
          handle: async ({ params }) => {
            await removeSchema(deps, idOf(params.id));
            return reply(204);
          },
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/publish",
      methods: {
        POST: {
          summary: "Publish a schema",
          description:
            "From now on runs and surveys may use it, and it never changes; earlier versions of its name are deprecated. For superusers.",
          body: fields(
            {
              force: Bool({
                required: false,
                description: "Whether to publish it in spite of errors that the checker finds",
              }),
            },
            { title: "Publication", description: "How a schema is published" },
          ),
          example: { ...draft, body: {} },
          response: { 200: Schema },
          handle: async ({ params, body }) => {
            await publish(deps, idOf(params.id), body.force ?? false);
            return whole(idOf(params.id));
          },
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/copy",
      methods: {
        POST: {
          summary: "Copy a schema to its next version",
          description: "With everything in it, not published: to be edited. For superusers.",
          response: { 201: Schema },
          handle: async ({ params }) => reply(201, await whole(await copySchema(deps, idOf(params.id)))),
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/check",
      methods: {
        GET: {
          summary: "Check a schema",
          description:
            "Questions that nobody reaches, loops without an end, rules that cannot hold, and the like; errors keep it from being published. For superusers.",
          response: {
            200: Type.Array(Finding, { description: "What the checker finds; empty where all is well" }),
          },
          handle: async ({ params }) => check((await found(params.id)).schema),
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/document",
      methods: {
        GET: {
          summary: "Get a schema as a document",
          description: "What an import takes: to be edited, or kept under version control. For superusers.",
          response: { 200: Type.Unsafe<SchemaDocument>({ type: "object", additionalProperties: true }) },
          documented: { response: { 200: DocumentShape } },
          handle: async ({ params }) => documentOf((await found(params.id)).schema),
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/simulate",
      methods: {
        POST: {
          summary: "Simulate a schema",
          description:
            "Plays answers through it, published or not, and stores nothing: what would be said, what waits then, and the variables. For superusers.",
          example: { body: { answers: [{ text: "7" }, { answers: [2] }] } },
          body: SimulateBody,
          response: { 200: SimulateAnswer },
          handle: async ({ params, body }) => simulateRequest(deps, (await found(params.id)).compiled, body),
        },
      },
    }),
  ];
}

const DocumentShape: TSchema = {
  ...SchemaDocument,
  title: "SchemaDocument",
  description: "A whole schema as a JSON file",
};

/** A body that is read by the engine's own rules for documents, not field by field. */
const document = {
  body: fields({}),
  documented: { body: DocumentShape },
  example: { body: EXAMPLE_DOCUMENT },
};

/** The demo has one that is not published. */
const draft = { params: { id: 7 } };
