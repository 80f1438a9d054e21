import { texts } from "@colloquy/protocol";
import type { JsonSchema } from "./components.ts";
import type { DescribedMethod } from "./described.ts";

type Properties = [name: string, property: JsonSchema][];

/** The maximum number of fields in an example. */
const MOST_SHOWN = 2;

/** Examples of the response 400 of an operation, by name, with the texts of the protocol. */
export function wrongExamples(
  { list, query, documented }: DescribedMethod,
  body: JsonSchema | null,
  isKeyed: boolean,
): Record<string, object> {
  const shape = (list === undefined ? body : (body?.items as JsonSchema)) ?? {};
  const fields = documented?.body === undefined ? wrongFields(shape) : wrongDocument(shape);
  const lookups = wrongLookups(query ?? {});
  const examples = {
    fields: { summary: "Invalid fields", value: list === undefined ? fields : [fields] },
    lookups: { summary: "Invalid filters", value: lookups },
    page: { summary: "Invalid page", value: { detail: texts.wrongPage } },
    json: {
      summary: "Invalid JSON",
      value: { detail: texts.parseError("Expected property name or '}' in JSON at position 1") },
    },
    key: { summary: "Invalid Idempotency-Key", value: { non_field_errors: [texts.maxLength(255)] } },
  };
  const isShown: Record<string, boolean> = {
    fields: Object.keys(fields).length > 0,
    lookups: Object.keys(lookups).length > 0,
    page: propertiesOf(query ?? {}).some(([name]) => name === "offset"),
    json: body !== null,
    key: isKeyed && body === null,
  };
  return Object.fromEntries(Object.entries(examples).filter(([name]) => isShown[name]));
}

/** Missing required fields, then an optional field with an invalid value. */
function wrongFields(body: JsonSchema): Record<string, string[]> {
  const required = (body.required ?? []) as string[];
  const problems = propertiesOf(body).flatMap(([name, property]): [string, string[]][] => {
    const text = required.includes(name) ? texts.required : wrongText(property);
    return text === undefined ? [] : [[name, [text]]];
  });
  const missing = problems.filter(([name]) => required.includes(name));
  return Object.fromEntries([...missing, ...problems].slice(0, MOST_SHOWN));
}

/** The engine reports missing fields of a document in one sentence. */
function wrongDocument({ required }: JsonSchema): Record<string, string[]> {
  return { document: [`lacks ${(required as string[]).join(", ")}.`] };
}

function wrongText({ type, enum: words, format, minimum }: JsonSchema): string | undefined {
  const [kind] = [type].flat();
  if (words !== undefined) return texts.invalidChoice("x");
  if (format === "date-time") return texts.dateTime;
  if (format === "uuid") return texts.uuid;
  if (kind === "integer") return minimum === undefined ? texts.pkType("str") : texts.integer;
  if (kind === "boolean") return texts.boolean;
  if (kind === "array") return texts.list("str");
  return kind === "string" ? texts.string : undefined;
}

function wrongLookups(query: object): Record<string, string[]> {
  const filter = propertiesOf(query).find(([name, { format }]) => name === "id" || format === "date-time");
  if (filter === undefined) return {};
  const [name, { format }] = filter;
  return { [name]: [format === "date-time" ? texts.filterDateTime : texts.filterNumber] };
}

function propertiesOf(schema: object): Properties {
  return Object.entries((schema as { properties?: Record<string, JsonSchema> }).properties ?? {});
}
