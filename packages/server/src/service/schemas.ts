import { check, type Finding, type Json, type SchemaDocument } from "@colloquy/engine";
import type { Schema, SchemaSummary } from "@colloquy/protocol";
import type { SchemaDeps } from "../schemas/deps.ts";
import { editSchema, removeSchema, replaceBy, type SchemaEdit } from "../schemas/edit.ts";
import { foundSchema, wholeSchema } from "../schemas/found.ts";
import { copySchema, documentOf, importDocument } from "../schemas/importDocument.ts";
import { publish } from "../schemas/publish.ts";
import { ALL_SCHEMAS_LIST, listSchemas } from "../schemas/queries.ts";
import { type SimulateDeps, type Simulation, simulateRequest } from "../schemas/simulate.ts";
import { toSummary } from "../schemas/wire.ts";
import { expectId } from "./input.ts";
import { type ListOptions, partOf } from "./query.ts";

/** Schemas, published or not, as their authors see and change them. */
export interface SchemaService {
  /** Every version, by id; at most 20 unless `limit` says otherwise. */
  list(options?: ListOptions): Promise<SchemaSummary[]>;
  /** A version with its questions. */
  get(schema: number): Promise<Schema>;
  /** Stores a schema document as the next version of its name, and publishes it unless told otherwise. */
  load(document: unknown, options?: { publish?: boolean; force?: boolean }): Promise<Schema>;
  /** Replaces an unpublished version by a document. */
  replace(schema: number, document: unknown): Promise<Schema>;
  /** Changes the name, type or language of an unpublished version. */
  edit(schema: number, edit: SchemaEdit): Promise<Schema>;
  /** Publishes a version, and deprecates the earlier ones of its name; `force` in spite of the checker's errors. */
  publish(schema: number, options?: { force?: boolean }): Promise<Schema>;
  /** The next version, unpublished, with everything copied. */
  copy(schema: number): Promise<Schema>;
  /** What the checker finds. */
  check(schema: number): Promise<Finding[]>;
  /** The schema as a document. */
  document(schema: number): Promise<SchemaDocument>;
  /** Plays answers through a schema; nothing is stored. */
  simulate(schema: number, answers?: readonly SimulatedAnswer[]): Promise<Simulation>;
  /** Deletes a version that nobody has used. */
  remove(schema: number): Promise<void>;
}

/** What somebody would send: options by their ids, or a text. Anything confirms a control. */
export interface SimulatedAnswer {
  answers?: number[];
  text?: string;
  meta?: Json;
}

export function schemaService(deps: SchemaDeps & SimulateDeps): SchemaService {
  const idOf = (id: number) => expectId(id, "schema");
  const whole = async (id: number) => wholeSchema(deps, idOf(id));
  return {
    async list(options = {}) {
      const page = partOf(options, ALL_SCHEMAS_LIST, "integer");
      return (await listSchemas(deps.db, page)).map(toSummary);
    },
    get: whole,
    async load(document, { publish = true, force = false } = {}) {
      return whole((await importDocument(deps, document, { publish, force })).id);
    },
    async replace(id, document) {
      await replaceBy(deps, idOf(id), document);
      return whole(id);
    },
    async edit(id, edit) {
      await editSchema(deps, idOf(id), edit);
      return whole(id);
    },
    async publish(id, { force = false } = {}) {
      await publish(deps, idOf(id), force);
      return whole(id);
    },
    copy: async (id) => whole(await copySchema(deps, idOf(id))),
    check: async (id) => check((await foundSchema(deps, idOf(id))).schema),
    document: async (id) => documentOf((await foundSchema(deps, idOf(id))).schema),
    async simulate(id, answers = []) {
      const { compiled } = await foundSchema(deps, idOf(id));
      return simulateRequest(deps, compiled, { answers: [...answers] });
    },
    remove: async (id) => removeSchema(deps, idOf(id)),
  };
}
