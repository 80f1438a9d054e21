import { check, type SchemaDocument } from "@colloquy/engine";
import { Bool, Finding, fields, notFound, Schema, SchemaSummary, Text } from "@colloquy/protocol";
import { Type } from "typebox";
import { defineResource, listQuery, NoContent, parseFilters, parsePage, reply } from "../http/index.ts";
import type { SchemaDeps } from "./deps.ts";
import { editSchema, removeSchema, replaceBy } from "./edit.ts";
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
          summary: "All schemas, in every version",
          query: listQuery(ALL_SCHEMAS_LIST.filters, ALL_SCHEMAS_LIST.order),
          response: { 200: Type.Array(SchemaSummary) },
          handle: async ({ query }) => {
            const filters = parseFilters(query, ALL_SCHEMAS_LIST.filters, ALL_SCHEMAS_LIST.order);
            const page = query.limit === undefined ? { limit: null, offset: 0 } : parsePage(query);
            return (await listSchemas(db, { ...page, ...filters })).map(toSummary);
          },
        },
        POST: {
          summary: "Store a schema document as a new version",
          body: AnyDocument,
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
          summary:
            "Store a schema document; `?publish=true` publishes it, `&force=true` in spite of findings",
          query: Type.Object({
            publish: Type.Optional(Type.Boolean()),
            force: Type.Optional(Type.Boolean()),
          }),
          body: AnyDocument,
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
          summary: "A schema whole",
          response: { 200: Schema },
          handle: async ({ params }) => whole(params.id),
        },
        PUT: {
          summary: "Replace an unpublished schema by a document",
          body: AnyDocument,
          response: { 200: Schema },
          handle: async ({ params, request }) => {
            await replaceBy(deps, idOf(params.id), raw(request));
            return whole(params.id);
          },
        },
        PATCH: {
          summary: "Change the name, type or language of an unpublished schema",
          body: fields({
            name: Text({ maxLength: 255, required: false }),
            type: Text({ maxLength: 50, required: false }),
            language: Text({ maxLength: 35, required: false }),
          }),
          response: { 200: Schema },
          handle: async ({ params, body }) => {
            await editSchema(deps, idOf(params.id), body);
            return whole(params.id);
          },
        },
        DELETE: {
          summary: "Delete a schema that nobody has used",
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
          summary: "Publish a version, and deprecate the earlier ones of its name",
          body: fields({ force: Bool({ required: false }) }),
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
          summary: "The next version, unpublished, with everything copied",
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
          summary: "What the checker finds",
          response: { 200: Type.Array(Finding) },
          handle: async ({ params }) => check((await found(params.id)).schema),
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/document",
      methods: {
        GET: {
          summary: "The schema as a document",
          response: { 200: Type.Unsafe<SchemaDocument>({ type: "object", additionalProperties: true }) },
          handle: async ({ params }) => documentOf((await found(params.id)).schema),
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/schemas/:id/simulate",
      methods: {
        POST: {
          summary: "Play answers through a schema without storing anything",
          body: SimulateBody,
          response: { 200: SimulateAnswer },
          handle: async ({ params, body }) => simulateRequest(deps, (await found(params.id)).compiled, body),
        },
      },
    }),
  ];
}

/** Read by the engine's own rules for documents, not field by field. */
const AnyDocument = fields({});
