import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryDocument, arbitrarySchema } from "../testing/arbitrarySchema.ts";
import type { SchemaDocument } from "./document.ts";
import { dump } from "./dump.ts";
import { identify } from "./identify.ts";
import { load } from "./load.ts";
import { defineProblems } from "./problems.ts";

describe("a schema and its document", () => {
  test("load(dump(s)) is s", () => {
    fc.assert(
      fc.property(arbitrarySchema({ divergent: true }), (schema) => {
        expect(load(JSON.parse(JSON.stringify(dump(schema))))).toEqual({ schema });
      }),
    );
  });

  test("a document is dumped the same way for ever after", () => {
    fc.assert(
      fc.property(arbitraryDocument({ divergent: true }), (document) => {
        const once = dump(identify(document));
        expect(JSON.stringify(dump(identify(once)))).toBe(JSON.stringify(once));
      }),
    );
  });

  test("generated schemas have nothing wrong by definition", () => {
    fc.assert(
      fc.property(arbitrarySchema({ divergent: true }), (schema) => {
        expect(defineProblems(schema)).toEqual([]);
      }),
    );
  });
});

const document: SchemaDocument = {
  format: "colloquy.schema/1",
  name: "mood",
  type: "chat",
  groups: [{ name: "later", position: 5 }, { name: "first" }],
  questions: [
    { qid: 20, position: 7, type: "message", group: "later", text: "Bye", next_qid: -1 },
    {
      qid: 10,
      position: 3,
      type: "choice",
      text: "How are you?",
      answers: [
        { position: 1, text: "Bad", next_qid: 20, meta: { b: 1, a: {} } },
        { position: 0, text: "Good", next_qid: 20 },
      ],
    },
  ],
};

describe("identify", () => {
  test("orders questions, answers and groups by position", () => {
    const schema = identify(document);
    expect(schema.questions.map((question) => question.qid)).toEqual([10, 20]);
    expect(schema.questions[0]!.answers.map((answer) => answer.text)).toEqual(["Good", "Bad"]);
    expect(schema.groups.map((group) => group.name)).toEqual(["first", "later"]);
  });

  test("numbers every row from 1, or as it is told", () => {
    const schema = identify(document);
    const rows = [
      schema,
      ...schema.groups,
      ...schema.questions,
      ...schema.questions.flatMap((one) => one.answers),
    ];
    expect(rows.map((row) => row.id).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);

    let last = 100;
    const own = identify(document, { schema: 9, next: () => ++last });
    expect(own.id).toBe(9);
    expect(own.questions[1]!.group).toBe(own.groups[1]!.id);
    expect(Math.min(...own.questions.map((question) => question.id))).toBeGreaterThan(100);
  });

  test("fills in every default", () => {
    const bare = identify({
      format: "colloquy.schema/1",
      name: "a",
      type: "chat",
      questions: [{ qid: 1, type: "text" }],
    });
    expect(bare).toEqual({
      id: 1,
      name: "a",
      type: "chat",
      version: 1,
      language: "en",
      published: false,
      deprecated: false,
      groups: [],
      questions: [
        {
          id: 2,
          qid: 1,
          group: null,
          position: 0,
          type: "text",
          text: "",
          required: false,
          next_qid: null,
          choice_open: false,
          range_from: null,
          range_to: null,
          show_as_type: "automated_message",
          meta: null,
          comments: "",
          variable_modifications: [],
          forking_rules: [],
          answers: [],
          attachments: [],
          translations: {},
        },
      ],
    });
  });
});

describe("dump", () => {
  test("leaves out what is the default, and sorts the keys of free JSON", () => {
    expect(JSON.stringify(dump(identify(document)))).toBe(
      JSON.stringify({
        format: "colloquy.schema/1",
        name: "mood",
        type: "chat",
        groups: [
          { name: "first", position: 1 },
          { name: "later", position: 5 },
        ],
        questions: [
          {
            qid: 10,
            position: 3,
            type: "choice",
            text: "How are you?",
            answers: [
              { text: "Good", next_qid: 20 },
              { text: "Bad", next_qid: 20, meta: { a: {}, b: 1 } },
            ],
          },
          { qid: 20, position: 7, type: "message", group: "later", text: "Bye", next_qid: -1 },
        ],
      }),
    );
  });

  test("keeps what merely looks like a default: 0 as a bound, an empty object, an empty title", () => {
    const odd: SchemaDocument = {
      format: "colloquy.schema/1",
      name: "a",
      type: "chat",
      questions: [
        {
          qid: 0,
          type: "range",
          next_qid: 0,
          range_from: 0,
          range_to: 0,
          show_as_type: "",
          meta: {},
          attachments: [{ type: "url", src: "", options: [], content_type: "" }],
        },
      ],
    };
    expect(dump(identify(odd))).toEqual(odd);
  });
});
