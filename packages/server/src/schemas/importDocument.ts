import {
  defineProblems,
  dump,
  identify,
  nameProblem,
  parseDocument,
  type Schema,
  type SchemaDocument,
} from "@colloquy/engine";
import { type FieldErrors, invalid, notFound, texts } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import { MOST_ANSWERS } from "./answerRules.ts";
import type { SchemaDeps } from "./deps.ts";
import { refuseFindings } from "./publish.ts";
import {
  findSchema,
  findVersion,
  insertSchema,
  loadSchema,
  lockSchema,
  newestVersion,
  nextVersion,
  publishSchema,
  replaceSchema,
} from "./queries.ts";
import { storing } from "./storing.ts";
import { unstorableTexts } from "./unstorable.ts";

/**
 * Stores a schema document. Without a version it becomes the next version of its name; an unpublished version that exists
 * is replaced. A document that equals the newest version changes nothing. One that cannot be published as requested is
 * not stored either.
 */
export async function importDocument(
  deps: SchemaDeps,
  raw: unknown,
  options: { publish?: boolean; force?: boolean } = {},
): Promise<{ id: number; created: boolean }> {
  const document = read(deps, raw);
  const { publish: publishes = false, force = false } = options;
  return storing(deps, async (tx) => {
    const { id, created, published } = await store(tx, deps, document);
    // What is published already was checked then.
    if (publishes && !force && !published) refuseFindings(identify(document));
    if (publishes) await publishSchema(tx, id);
    return { id, created };
  });
}

/** A document that may be stored. @throws 400 with all problems of its shape, or else of its definition */
export function read(deps: Pick<SchemaDeps, "settings">, raw: unknown): SchemaDocument {
  refuseHuge(raw);
  const parsed = parseDocument(raw);
  if ("problems" in parsed) throw invalid(parsed.problems);
  const unstorable = unstorableTexts(raw);
  if (unstorable !== null) throw invalid(unstorable);
  checkType(deps, parsed.document.type);
  const schema = identify(parsed.document);
  if (expressionLength(schema) > MAX_EXPRESSIONS)
    throw invalid({ document: [`The expressions have more than ${MAX_EXPRESSIONS} characters in total.`] });
  const problems = definitionErrors(schema);
  if (problems !== null) throw invalid(problems);
  return parsed.document;
}

/** A document's content in place of earlier content, whose options keep their values, and the schema its version. */
export function inPlaceOf(earlier: Schema, document: SchemaDocument): Schema {
  return { ...identify(document, undefined, earlier), version: document.version ?? earlier.version };
}

/** @throws 400 where a schema may not have this name */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== null) throw invalid({ name: [problem] });
}

/** Limits far above any real schema. */
const MAX_QUESTIONS = 5_000;
const MAX_GROUPS = 1_000;
const MAX_ANSWERS = MOST_ANSWERS;
/** Characters of all distinct expressions: compiling them blocks the process. */
const MAX_EXPRESSIONS = 250_000;

/** @throws 400 where a list of the document is too long, before anything else is checked */
function refuseHuge(raw: unknown): void {
  const { groups, questions } = (raw ?? {}) as { groups?: unknown; questions?: unknown };
  const errors: FieldErrors = {};
  if (isLonger(groups, MAX_GROUPS)) errors.groups = [texts.listTooLong(MAX_GROUPS)];
  if (isLonger(questions, MAX_QUESTIONS)) errors.questions = [texts.listTooLong(MAX_QUESTIONS)];
  else if (Array.isArray(questions))
    for (const [index, question] of questions.entries())
      if (isLonger(question?.answers, MAX_ANSWERS))
        errors[`questions.${index}.answers`] = [texts.listTooLong(MAX_ANSWERS)];
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

function isLonger(list: unknown, most: number): boolean {
  return Array.isArray(list) && list.length > most;
}

/** Characters of the schema's expressions; what occurs often is compiled once. */
function expressionLength({ questions }: Schema): number {
  const sources = new Set<string>();
  for (const { variable_modifications, forking_rules, answers } of questions) {
    for (const [, expression] of variable_modifications) sources.add(expression);
    for (const [target, condition] of forking_rules) sources.add(String(target)).add(condition);
    for (const answer of answers)
      for (const [, expression] of answer.variable_modifications) sources.add(expression);
  }
  return sources.values().reduce((sum, { length }) => sum + length, 0);
}

/** @throws 400 where the settings list the types of schemas and this is not one of them */
export function checkType({ settings }: Pick<SchemaDeps, "settings">, type: string): void {
  const { schema } = settings.types;
  if (schema.length > 0 && !schema.includes(type)) throw invalid({ type: [texts.invalidChoice(type)] });
}

/** A schema as a document that says its version: one without would be imported as the next of its name. */
export function documentOf(schema: Schema): SchemaDocument {
  const { format, name, type, ...rest } = dump(schema);
  return { format, name, type, version: schema.version, ...rest };
}

async function store(tx: Queryable, deps: SchemaDeps, document: SchemaDocument) {
  const newest = await newestVersion(tx, document.name);
  const version = document.version ?? (newest?.version ?? 0) + 1;
  const existing =
    document.version === undefined ? newest : await findVersion(tx, document.name, document.version);
  // Locked, so that it is still there when it is found to be the same, or is replaced.
  const locked = existing === null ? null : await lockSchema(tx, existing.id);
  const current = locked === null ? null : await loadSchema(tx, locked.id);
  if (current !== null && same(current, { ...inPlaceOf(current, document), version: current.version }))
    return { id: current.id, created: false, published: current.published };
  if (document.version === undefined || current === null)
    return {
      id: await insertSchema(tx, { ...identify(document), version }),
      created: true,
      published: false,
    };
  await replace(tx, deps, current.id, (earlier) => inPlaceOf(earlier, document));
  return { id: current.id, created: false, published: false };
}

function same(one: Schema, other: Schema): boolean {
  return JSON.stringify(dump(one)) === JSON.stringify(dump(other));
}

/** Replaces the content of a schema that may be edited. @throws 400 where it is published, or its questions are in use */
export async function replace(
  tx: Queryable,
  deps: SchemaDeps,
  id: number,
  contentFrom: (earlier: Schema) => Schema,
): Promise<void> {
  const row = await lockSchema(tx, id);
  if (row === null) throw notFound();
  if (row.published && !deps.settings.schemas.allowEditPublished)
    throw invalid({ non_field_errors: [texts.PUBLISHED] });
  const earlier = await loadSchema(tx, id);
  await replaceSchema(tx, id, contentFrom(earlier!));
}

/** The errors in a schema's definition: field → messages, each naming its question. */
function definitionErrors(schema: Schema): FieldErrors | null {
  const errors: Record<string, string[]> = {};
  for (const { field, qid, message } of defineProblems(schema)) {
    errors[field] ??= [];
    errors[field].push(qid === undefined ? message : `Question ${qid}: ${message}`);
  }
  return Object.keys(errors).length > 0 ? errors : null;
}

/** The next version of a schema, unpublished, with everything copied. */
export async function copySchema(deps: SchemaDeps, id: number): Promise<number> {
  const compiled = (await findSchema(deps.db, id)) === null ? null : await deps.schemas.get(id);
  if (compiled === null) throw notFound();
  const { schema } = compiled;
  return storing(deps, async (tx) =>
    insertSchema(tx, { ...schema, version: await nextVersion(tx, schema.name) }),
  );
}
