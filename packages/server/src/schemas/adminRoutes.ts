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
          description: "All versions, published or not; a page of them if `limit` is given. Superusers only.",
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
            "Stores it as an unpublished version. Without `version`, it becomes the next version of its name; an unpublished version with the same number is replaced. Superusers only.",
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
            "Stores the document, and optionally publishes it. The response is 201 for a new version, 200 if it replaced a version or was already stored. If publishing fails, nothing is stored. Superusers only.",
          query: Type.Object({
            publish: Type.Optional(Type.Boolean({ description: "Whether to publish it", default: false })),
            force: Type.Optional(
              Type.Boolean({
                description: "Whether to publish it even if the checker finds errors",
                default: false,
              }),
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
          description: "The complete schema, published or not. Superusers only.",
          response: { 200: Schema },
          handle: async ({ params }) => whole(params.id),
        },
        PUT: {
          summary: "Replace a schema",
          description:
            "Replaces an unpublished schema by a document. The version stays the same unless the document has another. Superusers only.",
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
          description: "Changes the name, type or language of an unpublished schema. Superusers only.",
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
                description: "The type; one of the setting `types.schema`, if that is set",
              }),
              language: Text({
                maxLength: 35,
                required: false,
                description: "The language of the texts, as a language tag (BCP 47)",
              }),
            },
            { title: "SchemaEdit", description: "Changes to a schema; omitted fields stay as they are" },
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
          description: "Only if no thread or survey uses it (`IN_USE`). Superusers only.",
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
            "Makes it available to runs and surveys. A published schema cannot be changed; earlier versions of its name become deprecated. Superusers only.",
          body: fields(
            {
              force: Bool({
                required: false,
                description: "Whether to publish it even if the checker finds errors",
              }),
            },
            { title: "Publication", description: "Options for publishing" },
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
          description: "Creates an unpublished copy that can be edited. Superusers only.",
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
            "Finds unreachable questions, endless loops, invalid rules and other problems. A schema with errors cannot be published. Superusers only.",
          response: {
            200: Type.Array(Finding, { description: "The findings; empty if there are no problems" }),
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
          description: "The document as an import takes it, for editing or version control. Superusers only.",
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
            "Plays answers through a schema, published or not, without storing anything. Returns the messages, the current question and the variables. Superusers only.",
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
  description: "A schema as a JSON document",
};

/** A body that the engine reads as a document, not field by field. */
const document = {
  body: fields({}),
  documented: { body: DocumentShape },
  example: { body: EXAMPLE_DOCUMENT },
};

/** The unpublished schema of the demo. */
const draft = { params: { id: 7 } };
