import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryDocument } from "../testing/arbitrarySchema.ts";
import { parseDocument } from "./parse.ts";

const frame = { format: "colloquy.schema/1", name: "a", type: "chat" };

describe("parseDocument", () => {
  test("takes every well-formed document as it is", () => {
    fc.assert(
      fc.property(arbitraryDocument(), (document) => {
        expect(parseDocument(document)).toEqual({ document });
      }),
      { numRuns: 50 },
    );
  });

  test("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }),
        (raw) => {
          expect(parseDocument(raw)).toHaveProperty("problems");
          parseDocument({ ...frame, questions: raw });
          parseDocument({ ...frame, questions: [{ qid: 1, type: "text", meta: raw, answers: raw }] });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("says where each problem is, and in which question", () => {
    const raw = {
      format: "colloquy.schema/2",
      name: "",
      questions: [
        { qid: 1, type: "text", next_qid: "two", txt: "Typo" },
        { qid: 2, type: "essay", forking_rules: [["1"]], answers: [{ next_qid: 1.5 }] },
        3,
        { type: "text", translations: { pl: { text: 4 } } },
      ],
    };
    expect(parseDocument(raw)).toEqual({
      problems: {
        document: ["lacks type."],
        format: ['must be "colloquy.schema/1".'],
        name: ["must not have fewer than 1 characters."],
        "questions.0.txt": ["Qid 1: is not a known field."],
        "questions.0.next_qid": ["Qid 1: must be integer or null."],
        "questions.1.type": [
          "Qid 2: must be one of message, fork, control, choice, multichoice, text, date, time, datetime, int, float, range.",
        ],
        "questions.1.forking_rules.0": ["Qid 2: must not have fewer than 2 items."],
        "questions.1.answers.0": ["Qid 2: lacks text."],
        "questions.1.answers.0.next_qid": ["Qid 2: must be integer or null."],
        "questions.2": ["must be object."],
        "questions.3": ["lacks qid."],
        "questions.3.translations.pl.text": ["must be string."],
      },
    });
  });

  test("refuses a qid and a position that no row could hold", () => {
    const raw = { ...frame, questions: [{ qid: 2 ** 31, type: "text", position: -1 }] };
    expect(Object.keys((parseDocument(raw) as { problems: object }).problems)).toEqual([
      "questions.0.qid",
      "questions.0.position",
    ]);
  });

  test("refuses what is too deep, too large, cyclic or no JSON before looking at it", {
    timeout: 120_000,
  }, () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const deep = JSON.parse("[".repeat(5_000) + "]".repeat(5_000));
    for (const [meta, message] of [
      [cyclic, "The document nests more than 64 levels deep."],
      [deep, "The document nests more than 64 levels deep."],
      [Array.from({ length: 2_000_000 }, () => 0), "The document holds more than 2000000 values."],
      ["x".repeat(50_000_001), "The document holds more than 50000000 characters."],
      [Number.NaN, "The document holds something that is not JSON."],
      [new Date(0), "The document holds something that is not JSON."],
    ] as const)
      expect(parseDocument({ ...frame, questions: [{ qid: 1, type: "text", meta }] })).toEqual({
        problems: { document: [message] },
      });
  });

  test("lists the first hundred problems of many", () => {
    const { problems } = parseDocument({ ...frame, questions: Array(1_000).fill(0) }) as { problems: object };
    expect(Object.keys(problems)).toHaveLength(100);
  });
});
