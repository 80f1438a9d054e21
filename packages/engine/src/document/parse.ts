import type { TLocalizedValidationError } from "typebox/error";
import { Value } from "typebox/value";
import { capped } from "./capped.ts";
import { QuestionDocument, SchemaDocument } from "./document.ts";

/** Problems by place in the document: `{"questions.3.next_qid": ["Qid 12: must be integer or null."]}`. */
export type DefinitionErrors = Record<string, string[]>;

/** Number of problems after which no more are looked for. */
const MAX_PROBLEMS = 100;

/**
 * Checks the shape of a schema document; `defineProblems` checks the rules.
 *
 * @param raw any parsed JSON; never throws for plain data
 */
export function parseDocument(raw: unknown): { document: SchemaDocument } | { problems: DefinitionErrors } {
  const excess = capped(raw);
  if (excess !== null) return { problems: { document: [excess] } };
  if (Value.Check(SchemaDocument, raw)) return { document: raw };
  return { problems: problemsOf(raw) };
}

/** TypeBox stops after a few errors of a value, so each question is checked by itself. */
function problemsOf(raw: unknown): DefinitionErrors {
  const questions = isRecord(raw) && Array.isArray(raw.questions) ? raw.questions : [];
  // No prototype: a field named __proto__ is a problem like any other.
  const problems: DefinitionErrors = Object.create(null);
  const frame = isRecord(raw) && Array.isArray(raw.questions) ? { ...raw, questions: [] } : raw;
  add(problems, "", "", Value.Errors(SchemaDocument, frame));

  for (const [index, question] of questions.entries()) {
    if (Object.keys(problems).length >= MAX_PROBLEMS) break;
    if (Value.Check(QuestionDocument, question)) continue;
    const qid = isRecord(question) && Number.isInteger(question.qid) ? `Qid ${question.qid}: ` : "";
    add(problems, `/questions/${index}`, qid, Value.Errors(QuestionDocument, question));
  }
  return problems;
}

function add(
  problems: DefinitionErrors,
  base: string,
  prefix: string,
  errors: TLocalizedValidationError[],
): void {
  for (const [path, all] of Map.groupBy(errors, (error) => base + error.instancePath)) {
    const messages = readable(all);
    if (messages.length > 0) problems[dotted(path)] = messages.map((message) => `${prefix}${message}`);
  }
}

/** The errors of one value as sentences. Those of a union's branches are joined by "or". */
function readable(errors: TLocalizedValidationError[]): string[] {
  const types = errors.filter((error) => error.keyword === "type").map((error) => words(error));
  const rest = errors.flatMap((error) => {
    // An unknown field has an error of its own, and so have the branches of a union.
    if (["type", "anyOf", "additionalProperties"].includes(error.keyword)) return [];
    return words(error);
  });
  const joined = types.length > 0 ? [`must be ${types.join(" or ")}`] : [];
  return [...joined, ...new Set(rest)].map((message) => `${message}.`);
}

function words(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case "type":
      return [error.params.type].flat().join(" or ");
    case "boolean":
      return "is not a known field";
    case "const":
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case "enum":
      return `must be one of ${error.params.allowedValues.join(", ")}`;
    case "required":
      return `lacks ${error.params.requiredProperties.join(", ")}`;
    default:
      return error.message;
  }
}

/** `/questions/3/text` as `questions.3.text`; the document itself as `document`. */
function dotted(path: string): string {
  return path === ""
    ? "document"
    : path.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
