import { SurveyItem } from "@colloquy/protocol";
import { JsonText } from "../http/index.ts";
import { remembered } from "./remembered.ts";

type Field = keyof SurveyItem;

/** What is the same object in many answers, and most of the bytes. */
const SHARED: readonly Field[] = ["survey_data", "related_question_data"];
const OWN = (Object.keys(SurveyItem.properties) as Field[])
  .filter((field) => !SHARED.includes(field))
  .map((field) => ({ field, name: `"${field}":` }));
/** Texts in which nothing needs escaping. */
const PLAIN: readonly Field[] = ["type", "created", "updated"];

/**
 * Answers of one survey as JSON. The survey is in each of them, and its questions are in all surveys of a schema:
 * these are made once and only copied.
 */
export function itemsJson(items: readonly SurveyItem[]): JsonText {
  if (items.length === 0) return new JsonText(Buffer.from("[]"));
  const survey = Buffer.from(
    `"survey_data":${JSON.stringify(items[0]!.survey_data)},"related_question_data":`,
  );
  const parts: Buffer[] = [];
  let before = "[{";
  for (const item of items) {
    parts.push(Buffer.from(before + ownFields(item)), survey, bytesOf(item.related_question_data));
    before = "},{";
  }
  parts.push(Buffer.from("}]"));
  return new JsonText(Buffer.concat(parts));
}

function ownFields(item: SurveyItem): string {
  let text = "";
  for (const { field, name } of OWN) text += `${name}${textOf(field, item[field])},`;
  return text;
}

function textOf(field: Field, value: SurveyItem[Field]): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (PLAIN.includes(field)) return `"${value}"`;
  if (field === "answers_data") return `[${(value as object[]).map(cachedText).join(",")}]`;
  return field === "sender_data" ? cachedText(value as object) : JSON.stringify(value);
}

/** Of an option or an account: both are kept in caches themselves. */
const cachedText = remembered((value: object) => JSON.stringify(value));

const bytesOf = remembered((question: SurveyItem["related_question_data"]) =>
  Buffer.from(JSON.stringify(question)),
);
