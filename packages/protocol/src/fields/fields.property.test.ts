import fc from "fast-check";
import { expect, it } from "vitest";
import { anyCharacter } from "../../../../tests/support/anyCharacter.ts";
import { runs } from "../../../../tests/support/runs.ts";
import {
  Bool,
  Choice,
  DateTime,
  fields,
  Integer,
  JsonField,
  ListOf,
  Nested,
  Pk,
  parseBody,
  Text,
  Uuid,
} from "./index.ts";

const Inner = fields({ a: Text({ maxLength: 3 }), b: Integer({ nullable: true }) });
const Body = fields({
  text: Text({ maxLength: 5, required: false }),
  integer: Integer({ required: false }),
  bool: Bool({ nullable: true, required: false }),
  choice: Choice(["a", "b"], { required: false }),
  pk: Pk({ required: false, nullable: true }),
  texts: ListOf(Text(), { required: false }),
  pks: ListOf(Pk(), { required: false }),
  inners: ListOf(Nested(Inner), { required: false }),
  inner: Nested(Inner, { required: false }),
  json: JsonField({ required: false, maxDepth: 3 }),
  time: DateTime({ required: false }),
  uuid: Uuid({ required: false }),
});
const names = Object.keys(Body.properties);

const anyValue = fc.oneof(
  fc.anything({
    withNullPrototype: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
    withBigInt: true,
  }),
  fc.jsonValue(),
  fc.string({ unit: anyCharacter }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const anyBody = fc.oneof(
  anyValue,
  fc.dictionary(fc.constantFrom(...names, "__proto__", "constructor"), anyValue),
);
const options = fc.record({ form: fc.boolean(), partial: fc.boolean() });

it("never throws, and either reads or says why not", () => {
  fc.assert(
    fc.property(anyBody, options, (raw, how) => {
      const outcome = parseBody(Body, raw, how);
      if ("errors" in outcome) expect(Object.keys(outcome.errors).length).toBeGreaterThan(0);
      else for (const name of Object.keys(outcome.value)) expect(names).toContain(name);
    }),
    { numRuns: runs(300, 2_000) },
  );
});

it("reads what it has read to the same again", () => {
  fc.assert(
    fc.property(anyBody, (raw) => {
      const first = parseBody(Body, raw);
      if ("errors" in first) return;
      expect(parseBody(Body, JSON.parse(JSON.stringify(first.value)))).toEqual(first);
    }),
    { numRuns: runs(300, 2_000) },
  );
});
