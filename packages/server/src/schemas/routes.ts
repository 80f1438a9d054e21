import { type ApiError, notFound, Schema, SchemaSummary } from "@colloquy/protocol";
import sql from "sql-template-tag";
import { Type } from "typebox";
import { defineResource, listQuery, parseFilters, parsePage, reply } from "../http/index.ts";
import type { SchemaDeps } from "./deps.ts";
import { findSchema, listSchemas, SCHEMA_LIST, type SchemaRow } from "./queries.ts";
import type { SimulateDeps } from "./simulate.ts";
import { toSchema, toSummary } from "./wire.ts";

/** Schemas as readers see them: by type, or (digits) one whole. */
export function schemaResources(deps: SchemaDeps & SimulateDeps) {
  const { settings, db, schemas } = deps;
  const showsUnpublished = settings.compat === "chat_api";

  return [
    defineResource({
      path: "/schemas/:key",
      params: { key: "string" },
      absent: 404,
      tags: ["schemas"],
      policy: "schemas",
      context: async ({ caller, params }): Promise<SchemaContext | ApiError> => {
        if (!/^\d+$/.test(params.key)) return { type: params.key };
        const id = Number(params.key);
        const row = Number.isSafeInteger(id) ? await findSchema(db, id) : null;
        const hidden = row !== null && !row.published && !caller.isSuperuser && !showsUnpublished;
        return row === null || hidden ? { row: null } : { row, schemaType: row.type };
      },
      methods: {
        GET: {
          summary: "Get a schema, or list those of a type",
          description:
            "With an id, returns the complete schema, with an `ETag`. With a type, lists the schemas of that type, or a page of them if `limit` is given. Only superusers see unpublished schemas.",
          query: listQuery(SCHEMA_LIST.filters, SCHEMA_LIST.order),
          headers: Type.Object({
            "If-None-Match": Type.Optional(
              Type.String({
                description:
                  "The `ETag` of an earlier response. The response is 304 if the schema has not changed",
              }),
            ),
          }),
          response: {
            200: Type.Union([Schema, Type.Array(SchemaSummary)], {
              description: "The schema, or the schemas of the type",
            }),
            304: Type.Null({ description: "The schema has not changed" }),
          },
          handle: async ({ caller, context, query, request }) => {
            if ("type" in context) {
              const filters = parseFilters(query, SCHEMA_LIST.filters, SCHEMA_LIST.order);
              const page = query.limit === undefined ? { limit: null, offset: 0 } : parsePage(query);
              const visible = caller.isSuperuser || showsUnpublished ? [] : [sql`published`];
              const where = [sql`type = ${context.type}`, ...visible, ...filters.where];
              return (await listSchemas(db, { ...page, ...filters, where })).map(toSummary);
            }
            if (context.row === null) throw notFound();
            const { id, revision, published, deprecated } = context.row;
            const etag = `"${id}.${revision}.${Number(published)}${Number(deprecated)}"`;
            if (request.headers["if-none-match"] === etag) return reply(304, undefined, { etag });
            const compiled = await schemas.get(id);
            if (compiled === null) throw notFound();
            return reply(200, toSchema(deps, compiled.schema, context.row), { etag });
          },
        },
      },
    }),
  ];
}

type SchemaContext = { type: string } | { row: null } | { row: SchemaRow; schemaType: string };
