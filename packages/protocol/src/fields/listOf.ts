import type { Static, TSchema } from "typebox";
import { type FieldErrors, texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid, type Rule, ruleOf } from "./field.ts";
import { typeName } from "./received.ts";
import { hasStringTwin, ofUserIds, withStringTwin } from "./stringTwin.ts";

export interface ListOptions<T> extends FieldOptions<T[]> {
  maxItems?: number;
}

/**
 * A list of fields. Problems of items are reported as in Django REST Framework: for ids in one flat list, for objects
 * as one object per item (empty if it is valid), for other values by index.
 */
export function ListOf<
  Item extends TSchema,
  const O extends ListOptions<Static<Item>> = Record<never, never>,
>(item: Item, options?: O): Field<Static<Item>[], O> {
  const { maxItems }: { maxItems?: number } = options ?? {};
  const rule = ruleOf(item);
  const jsonSchema = { type: "array", items: item, ...(maxItems === undefined ? {} : { maxItems }) };
  const list = field<Static<Item>[], O>("list", jsonSchema, options ?? ({} as O), (raw, form) => {
    const list = form && !Array.isArray(raw) ? [raw] : raw;
    if (!Array.isArray(list)) {
      const problem = [texts.list(typeName(raw))];
      return new Invalid(rule.kind === "object" ? { non_field_errors: problem } : problem);
    }
    if (maxItems !== undefined && list.length > maxItems) return new Invalid([texts.listTooLong(maxItems)]);
    const items = Array.from(list, (value) => readItem(rule, value, form));
    if (!items.some((read) => read instanceof Invalid)) return items as Static<Item>[];
    return new Invalid(itemProblems(rule, items));
  });
  return hasStringTwin(item) ? withStringTwin(list, () => ListOf(ofUserIds("string", item), options)) : list;
}

function readItem(rule: Rule, value: unknown, form: boolean): unknown {
  if (value !== null && value !== undefined) return rule.read(value, form);
  if (rule.nullable) return null;
  return new Invalid([rule.kind === "pk" ? texts.pkNotFound("None") : texts.null]);
}

function itemProblems(rule: Rule, items: unknown[]): string[] | FieldErrors | FieldErrors[] {
  if (rule.kind === "pk")
    return items.flatMap((read) => (read instanceof Invalid ? (read.problem as string[]) : []));
  if (rule.kind === "object") return items.map(objectProblem);
  const byIndex: FieldErrors = {};
  for (const [index, read] of items.entries()) {
    if (read instanceof Invalid) byIndex[index] = read.problem;
  }
  return byIndex;
}

function objectProblem(read: unknown): FieldErrors {
  if (!(read instanceof Invalid)) return {};
  return Array.isArray(read.problem) ? { non_field_errors: read.problem } : read.problem;
}
