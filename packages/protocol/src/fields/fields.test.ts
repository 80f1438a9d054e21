import type { Static } from "typebox";
import { describe, expect, expectTypeOf, it } from "vitest";
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

/** What one field makes of a value: the value, or `{ wrong: problem }`. */
function read(field: Parameters<typeof fields>[0][string], value: unknown, form = false): unknown {
  const outcome = parseBody(fields({ it: field }), { it: value }, { form });
  return "errors" in outcome ? { wrong: outcome.errors.it } : (outcome.value as { it: unknown }).it;
}

const wrong = (...problems: string[]) => ({ wrong: problems });

describe("Text", () => {
  it.each([
    [" a\n", "a"],
    [5, "5"],
    [1.5, "1.5"],
    [true, wrong("Not a valid string.")],
    [{}, wrong("Not a valid string.")],
    [["a"], wrong("Not a valid string.")],
    [Number.POSITIVE_INFINITY, wrong("Not a valid string.")],
    ["", wrong("This field may not be blank.")],
    [" \t", wrong("This field may not be blank.")],
    [null, wrong("This field may not be null.")],
    [undefined, wrong("This field is required.")],
    ["\ud83d\ude00".repeat(5), "\ud83d\ude00".repeat(5)],
    ["abcdef", wrong("Ensure this field has no more than 5 characters.")],
    ["a\0", wrong("Null characters are not allowed.")],
    ["a\udc00", wrong("Surrogate characters are not allowed: U+DC00.")],
    [
      "abcd\0\ud800",
      wrong(
        "Ensure this field has no more than 5 characters.",
        "Null characters are not allowed.",
        "Surrogate characters are not allowed: U+D800.",
      ),
    ],
  ])("makes of %j %j", (value, expected) => {
    expect(read(Text({ maxLength: 5 }), value)).toEqual(expected);
  });

  it("keeps white space where told to", () => {
    expect(read(Text({ trim: false }), " a ")).toBe(" a ");
    expect(read(Text({ trim: false }), " ")).toBe(" ");
    expect(read(Text({ trim: false }), "")).toEqual(wrong("This field may not be blank."));
    expect(read(Text({ blank: true }), " ")).toBe("");
  });
});

describe("Integer", () => {
  it.each([
    [5, 5],
    ["12", 12],
    [" +7 ", 7],
    ["1.0", 1],
    [-0, 0],
    [1.5, wrong("A valid integer is required.")],
    ["1.5", wrong("A valid integer is required.")],
    ["1_000", wrong("A valid integer is required.")],
    ["0x10", wrong("A valid integer is required.")],
    ["1e3", wrong("A valid integer is required.")],
    ["", wrong("A valid integer is required.")],
    [true, wrong("A valid integer is required.")],
    [[1], wrong("A valid integer is required.")],
    [Number.NaN, wrong("A valid integer is required.")],
    [2 ** 53, wrong("Ensure this value is less than or equal to 9007199254740991.")],
    ["9223372036854775808", wrong("Ensure this value is less than or equal to 9007199254740991.")],
    ["-9007199254740993", wrong("Ensure this value is greater than or equal to -9007199254740991.")],
    ["1".repeat(1001), wrong("String value too large.")],
  ])("makes of %j %j", (value, expected) => {
    expect(read(Integer(), value)).toEqual(expected);
  });

  it("stays within its bounds", () => {
    const field = Integer({ min: 1, max: 31 });
    expect(read(field, 0)).toEqual(wrong("Ensure this value is greater than or equal to 1."));
    expect(read(field, "32")).toEqual(wrong("Ensure this value is less than or equal to 31."));
  });
});

describe("Bool", () => {
  it.each([
    [true, true],
    [1, true],
    ["Yes", true],
    ["on", true],
    [0, false],
    ["OFF", false],
    ["n", false],
    ["yEs", wrong("Must be a valid boolean.")],
    [2, wrong("Must be a valid boolean.")],
    ["", wrong("Must be a valid boolean.")],
    ["null", wrong("Must be a valid boolean.")],
    [[], wrong("Must be a valid boolean.")],
  ])("makes of %j %j", (value, expected) => {
    expect(read(Bool(), value)).toEqual(expected);
  });

  it("knows words for nothing where it may be null", () => {
    for (const word of ["null", "NULL", "", null]) expect(read(Bool({ nullable: true }), word)).toBeNull();
  });
});

describe("Choice", () => {
  it.each([
    ["open", "open"],
    [1, "1"],
    ["x", wrong('"x" is not a valid choice.')],
    ["", wrong('"" is not a valid choice.')],
    [true, wrong('"True" is not a valid choice.')],
    [["a", null, { b: 1.5 }], wrong("\"['a', None, {'b': 1.5}]\" is not a valid choice.")],
    ["constructor", wrong('"constructor" is not a valid choice.')],
  ])("makes of %j %j", (value, expected) => {
    expect(read(Choice(["open", "1"]), value)).toEqual(expected);
  });
});

describe("Pk", () => {
  it.each([
    [5, 5],
    ["5", 5],
    [-1, -1],
    ["x", wrong("Incorrect type. Expected pk value, received str.")],
    [1.5, wrong("Incorrect type. Expected pk value, received float.")],
    [true, wrong("Incorrect type. Expected pk value, received bool.")],
    [[1], wrong("Incorrect type. Expected pk value, received list.")],
    [{ id: 1 }, wrong("Incorrect type. Expected pk value, received dict.")],
    ["99999999999999999999", wrong('Invalid pk "99999999999999999999" - object does not exist.')],
    ["", wrong("This field may not be null.")],
  ])("makes of %j %j", (value, expected) => {
    expect(read(Pk(), value)).toEqual(expected);
  });

  it("takes an empty text for null where it may be", () => {
    expect(read(Pk({ nullable: true }), "")).toBeNull();
  });
});

describe("ListOf", () => {
  it("refuses what is no list", () => {
    expect(read(ListOf(Pk()), 5)).toEqual(wrong('Expected a list of items but got type "int".'));
    expect(read(ListOf(Text()), "ab")).toEqual(wrong('Expected a list of items but got type "str".'));
    expect(read(ListOf(Nested(fields({}))), {})).toEqual({
      wrong: { non_field_errors: ['Expected a list of items but got type "dict".'] },
    });
  });

  it("reports ids flat, objects one by one, other items by index", () => {
    expect(read(ListOf(Pk()), [1, "x", null])).toEqual(
      wrong("Incorrect type. Expected pk value, received str.", 'Invalid pk "None" - object does not exist.'),
    );
    expect(read(ListOf(Nested(fields({ a: Text() }))), [{ a: "1" }, {}, 3])).toEqual({
      wrong: [
        {},
        { a: ["This field is required."] },
        { non_field_errors: ["Invalid data. Expected a dictionary, but got int."] },
      ],
    });
    expect(read(ListOf(Text()), ["a", "", null])).toEqual({
      wrong: { 1: ["This field may not be blank."], 2: ["This field may not be null."] },
    });
  });

  it("caps its length", () => {
    expect(read(ListOf(Pk(), { maxItems: 2 }), [1, 2, 3])).toEqual(
      wrong("Ensure this field has no more than 2 elements."),
    );
  });
});

describe("JsonField", () => {
  it.each([[{ a: [1, null, "x"] }], [0], [""], [[]]])("takes %j as it is", (value) => {
    expect(read(JsonField(), value)).toEqual(value);
  });

  it.each([
    ["null characters", { a: "\0" }],
    ["lone surrogates", ["\ud800"]],
    ["such keys", { "\0": 1 }],
    ["numbers beyond JSON", [Number.POSITIVE_INFINITY]],
    ["a prototype", JSON.parse('{"a": {"__proto__": {"admin": true}}}')],
  ])("refuses %s", (_name, value) => {
    expect(read(JsonField(), value)).toEqual(wrong("Value must be valid JSON."));
  });

  it("caps depth and size", () => {
    const field = JsonField({ maxDepth: 2, maxSize: 20 });
    expect(read(field, [[1]])).toEqual([[1]]);
    expect(read(field, [[[]]])).toEqual(wrong("Ensure this value is nested no more than 2 levels deep."));
    expect(read(field, "x".repeat(19))).toEqual(
      wrong("Ensure this value takes no more than 20 characters of JSON."),
    );
  });
});

describe("DateTime", () => {
  const format =
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
  it.each([
    ["2026-11-22T16:47:58.413419Z", "2026-11-22T16:47:58.413419Z"],
    ["2026-11-22T16:47:58.5+02:00", "2026-11-22T14:47:58.500000Z"],
    ["2026-01-01 00:30+0100", "2025-12-31T23:30:00Z"],
    ["2026-01-01T00:00", "2026-01-01T00:00:00Z"],
    ["2024-02-29T12:00:00-05", "2024-02-29T17:00:00Z"],
    ["0099-02-01T00:00:00Z", "0099-02-01T00:00:00Z"],
    ["2026-02-29T12:00:00Z", wrong(format)],
    ["2026-13-01T12:00:00Z", wrong(format)],
    ["2026-01-01T24:00:00Z", wrong(format)],
    ["2026-01-01T00:00:00+25:00", wrong(format)],
    ["2026-01-01", wrong(format)],
    ["0000-01-01T00:00:00Z", wrong(format)],
    [1700000000, wrong(format)],
    ["0001-01-01T00:00:00+01:00", wrong("Datetime value out of range.")],
    ["9999-12-31T23:59:59-01:00", wrong("Datetime value out of range.")],
  ])("makes of %j %j", (value, expected) => {
    expect(read(DateTime(), value)).toEqual(expected);
  });
});

it("reads a UUID in its usual spellings", () => {
  const canonical = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
  expect(read(Uuid(), canonical.toUpperCase())).toBe(canonical);
  expect(read(Uuid(), canonical.replaceAll("-", ""))).toBe(canonical);
  for (const value of ["3f2504e0", 5, "", `${canonical} `])
    expect(read(Uuid(), value)).toEqual(wrong("Must be a valid UUID."));
});

const Body = fields({
  title: Text({ maxLength: 255 }),
  note: Text({ required: false, nullable: true }),
  state: Choice(["open", "closed"], { default: "open" }),
  schema: Pk({ nullable: true, default: null }),
  answers: ListOf(Pk(), { required: false }),
  inner: Nested(fields({ id: Pk(), name: Text({ required: false }) }), { required: false }),
});

describe("a body", () => {
  it("has the static type of what the parser returns", () => {
    expectTypeOf<Static<typeof Body>>().toEqualTypeOf<{
      title: string;
      note?: string | null;
      state: "open" | "closed";
      schema: number | null;
      answers?: number[];
      inner?: { id: number; name?: string };
    }>();
    const parsed = parseBody(Body, {}, { partial: true });
    if ("value" in parsed) expectTypeOf(parsed.value.title).toEqualTypeOf<string | undefined>();
  });

  it("is filled with defaults, and only with what it lists", () => {
    const raw = JSON.parse('{"title": "a", "__proto__": {"note": "x"}, "id": 7}');
    expect(parseBody(Body, raw)).toEqual({ value: { title: "a", state: "open", schema: null } });
  });

  it("collects every problem, and keeps what could be read", () => {
    expect(parseBody(Body, { note: "n", state: "x", answers: {}, inner: { name: "" } })).toEqual({
      errors: {
        title: ["This field is required."],
        state: ['"x" is not a valid choice.'],
        answers: ['Expected a list of items but got type "dict".'],
        inner: { id: ["This field is required."], name: ["This field may not be blank."] },
      },
      valid: { note: "n", schema: null },
    });
  });

  it("requires and fills in nothing where it is partial, but nested objects are whole", () => {
    expect(parseBody(Body, {}, { partial: true })).toEqual({ value: {} });
    expect(parseBody(Body, { inner: {} }, { partial: true })).toMatchObject({
      errors: { inner: { id: ["This field is required."] } },
    });
  });

  it("must be an object", () => {
    const problemOf = (raw: unknown) => (parseBody(Body, raw) as { errors: object }).errors;
    expect(problemOf([])).toEqual({
      non_field_errors: ["Invalid data. Expected a dictionary, but got list."],
    });
    expect(problemOf("x")).toEqual({
      non_field_errors: ["Invalid data. Expected a dictionary, but got str."],
    });
    expect(problemOf(null)).toEqual({ non_field_errors: ["No data provided"] });
  });

  it("documents itself as JSON Schema, without a trace of its readers", () => {
    expect(JSON.parse(JSON.stringify(Body))).toEqual({
      type: "object",
      required: ["title"],
      properties: {
        title: { type: "string", minLength: 1, maxLength: 255 },
        note: { type: ["string", "null"], minLength: 1 },
        state: { type: "string", enum: ["open", "closed"], default: "open" },
        schema: { type: ["integer", "null"], default: null },
        answers: { type: "array", items: { type: "integer" } },
        inner: {
          type: "object",
          required: ["id"],
          properties: { id: { type: "integer" }, name: { type: "string", minLength: 1 } },
        },
      },
    });
  });

  it("takes only fields made here", () => {
    expect(() => fields({ a: {} })).toThrow(TypeError);
  });
});

describe("a form", () => {
  it("says everything in text, and lists by repeating", () => {
    const raw = { title: ["a", "b"], answers: "5", state: "closed" };
    expect(parseBody(Body, raw, { form: true })).toEqual({
      value: { title: "b", answers: [5], state: "closed", schema: null },
    });
    expect(parseBody(Body, { title: "a", answers: ["5", "6"] }, { form: true })).toMatchObject({
      value: { answers: [5, 6] },
    });
  });

  it("means null by an empty input where that may be, and nothing where it may be missing", () => {
    expect(read(Text({ nullable: true }), "", true)).toBeNull();
    expect(read(Text({ required: false }), "", true)).toBeUndefined();
    expect(read(Integer({ nullable: true }), "", true)).toBeNull();
    expect(read(DateTime({ nullable: true }), "", true)).toBeNull();
    expect(read(Uuid({ nullable: true }), "", true)).toBeNull();
    expect(read(Choice(["a"], { nullable: true }), "", true)).toBeNull();
    expect(read(Text(), "", true)).toEqual(wrong("This field may not be blank."));
  });

  it("carries JSON as text", () => {
    expect(read(JsonField(), '{"a": 1}', true)).toEqual({ a: 1 });
    expect(read(JsonField(), "{", true)).toEqual(wrong("Value must be valid JSON."));
  });
});
