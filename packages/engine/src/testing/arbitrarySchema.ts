import fc from "fast-check";
import {
  type AnswerDocument,
  FORMAT,
  QUESTION_TYPES,
  type QuestionDocument,
  type SchemaDocument,
} from "../document/document.ts";
import { identify } from "../document/identify.ts";
import type { Json, Modification, Schema, Translations } from "../schema.ts";

export interface SchemaShape {
  /** Most questions. */
  size?: number;
  /** Whether an answer may open several ways at once, so that a form shows more than a chat visits. */
  divergent?: boolean;
  /** Whether an option may lead back; another one always leads on. */
  loops?: boolean;
}

/**
 * Well-formed schemas: nothing wrong by definition, no expression that fails, an end that can be reached from
 * everywhere, and no loop that does not wait. Questions of every type, forks with fixed and computed
 * targets, variables, groups, attachments, translations, gaps between positions and between qids.
 */
export function arbitrarySchema(shape: SchemaShape = {}): fc.Arbitrary<Schema> {
  return arbitraryDocument(shape).map((document) => identify(document));
}

/** The same as documents; defaults are written out or left out. */
export function arbitraryDocument(shape: SchemaShape = {}): fc.Arbitrary<SchemaDocument> {
  const { size = 12, divergent = false, loops = true } = shape;
  return fc
    .record({
      name: words(20),
      type: fc.constantFrom("chat", "survey"),
      version: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      language: fc.constantFrom(undefined, "en", "pl"),
      groups: fc.uniqueArray(words(10), { maxLength: 3 }),
      groupGap: fc.option(fc.nat(5), { nil: undefined }),
      firstQid: fc.constantFrom(0, 1, 10),
      qidStep: fc.constantFrom(1, 10),
      plans: fc.array(questionPlan, { minLength: 1, maxLength: size }),
    })
    .map(({ groups, groupGap, firstQid, qidStep, plans, ...frame }) => {
      const road: Road = {
        qids: plans.map((_, index) => firstQid + index * qidStep),
        groups,
        divergent,
        loops,
      };
      return told({
        format: FORMAT,
        ...frame,
        groups: groups.map((name, index) =>
          told({ name, position: groupGap === undefined ? undefined : groupGap + index * 2 }),
        ),
        questions: plans.map((plan, index) => questionDocument(plan, index, road)),
      });
    });
}

/** What pointers are made from. */
interface Road {
  qids: number[];
  groups: string[];
  divergent: boolean;
  loops: boolean;
}

const VARIABLES = ["score", "mood", "visits"];

const words = (maxLength: number) =>
  fc
    .string({ minLength: 1, maxLength, unit: fc.constantFrom(...'abcżółw ,?\n"😀') })
    .filter((text) => text.trim() !== "");

/** Free JSON as it comes from a file: no -0. */
const freeJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value)));

const expression = fc
  .tuple(
    fc.constantFrom(
      "NAME + N",
      "NAME - N",
      "N",
      "max(NAME, N)",
      "NAME * N if NAME < 9 else 0",
      "(NAME + N) / 2",
    ),
    fc.constantFrom(...VARIABLES),
    fc.nat(4),
  )
  .map(([template, name, n]) => template.replaceAll("NAME", name).replaceAll("N", String(n)));

const modifications: fc.Arbitrary<Modification[]> = fc.array(
  fc.tuple(fc.constantFrom(...VARIABLES), expression).map(([name, source]): Modification => [name, source]),
  { maxLength: 2 },
);

const condition = fc
  .tuple(
    fc.constantFrom("NAME >= N", "N < NAME <= 9", "not NAME", "NAME == N or NAME > 7", "True"),
    fc.constantFrom(...VARIABLES),
    fc.nat(4),
  )
  .map(([template, name, n]) => template.replaceAll("NAME", name).replaceAll("N", String(n)));

const translationsOf = (field: string): fc.Arbitrary<Translations | undefined> =>
  fc.option(
    fc.dictionary(
      fc.constantFrom("de", "fr", "pt-BR"),
      words(8).map((text) => ({ [field]: text })),
      { maxKeys: 2 },
    ),
    { nil: undefined },
  );

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const answerPlan = fc.record({
  text: words(8),
  value: maybe(fc.oneof(words(8), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))),
  jump: fc.nat(),
  exclusive: fc.boolean(),
  meta: maybe(freeJson),
  modifications,
  translations: translationsOf("text"),
});

const rulePlan = fc.record({
  jump: fc.nat(),
  other: fc.nat(),
  form: fc.constantFrom("number", "text", "computed"),
  condition,
});

const attachment = fc.record(
  {
    type: fc.constantFrom("image", "url"),
    title: words(8),
    description: fc.constantFrom("", "A picture"),
    src: fc.constantFrom(null, "", "https://example.org/a.png"),
    options: freeJson,
    object_id: fc.constantFrom(null, 7),
    content_type: fc.constantFrom(null, "", "plan", 3),
    translations: fc.constant({ de: { title: "Bild" } }),
  },
  { requiredKeys: ["type"] },
);

const questionPlan = fc.record({
  type: fc.constantFrom(...QUESTION_TYPES),
  jump: fc.nat(),
  own: fc.nat(),
  back: fc.option(fc.nat()),
  positioned: fc.boolean(),
  group: fc.nat(5),
  text: maybe(words(12)),
  required: maybe(fc.boolean()),
  open: maybe(fc.boolean()),
  from: fc.integer({ min: -5, max: 5 }),
  span: fc.nat(5),
  showAs: fc.constantFrom(undefined, "automated_message", "tip", ""),
  meta: maybe(freeJson),
  comments: fc.constantFrom(undefined, "", "For the authors"),
  modifications,
  rules: fc.array(rulePlan, { minLength: 1, maxLength: 3 }),
  answers: fc.uniqueArray(answerPlan, {
    minLength: 1,
    maxLength: 4,
    // What has no value of its own differs from all.
    selector: ({ value }) => value ?? {},
    comparator: "SameValueZero",
  }),
  attachments: fc.array(attachment, { maxLength: 1 }),
  translations: translationsOf("text"),
});

type QuestionPlan = typeof questionPlan extends fc.Arbitrary<infer Plan> ? Plan : never;

function questionDocument(plan: QuestionPlan, index: number, road: Road): QuestionDocument {
  const { type } = plan;
  const choosing = type === "choice" || type === "multichoice";
  const next = onward(plan.jump, index, road);
  const own = choosing ? (road.divergent ? onward(plan.own, index, road) : undefined) : next;
  return told({
    qid: road.qids[index]!,
    // Where the place in the list would do, it may be written out all the same.
    position: plan.positioned ? index : undefined,
    type,
    group: road.groups[plan.group],
    text: plan.text,
    required: plan.required,
    next_qid: type === "fork" ? undefined : own,
    choice_open: choosing ? plan.open : undefined,
    range_from: type === "range" ? plan.from : undefined,
    range_to: type === "range" ? plan.from + plan.span : undefined,
    show_as_type: plan.showAs,
    meta: plan.meta,
    comments: plan.comments,
    variable_modifications: plan.modifications,
    forking_rules: type === "fork" ? plan.rules.map((rule) => ruleOf(rule, index, road)) : undefined,
    answers: choosing ? answersOf(plan, index, road) : undefined,
    attachments: plan.attachments,
    translations: plan.translations,
  });
}

function answersOf(plan: QuestionPlan, index: number, road: Road): AnswerDocument[] {
  const together = onward(plan.jump, index, road);
  const answers = plan.answers.map(({ modifications, jump, ...answer }): AnswerDocument => {
    const free = road.divergent || plan.type === "choice" || answer.exclusive;
    return told({
      ...answer,
      next_qid: free ? onward(jump, index, road) : together,
      variable_modifications: modifications,
    });
  });
  if (!road.loops || plan.back === null) return answers;
  return [...answers, { text: "Again", exclusive: true, next_qid: road.qids[plan.back % (index + 1)]! }];
}

function ruleOf(
  plan: typeof rulePlan extends fc.Arbitrary<infer Plan> ? Plan : never,
  index: number,
  road: Road,
) {
  const target = onward(plan.jump, index, road);
  const other = onward(plan.other, index, road);
  const forms = { number: target, text: String(target), computed: `${target} if score > 1 else ${other}` };
  return [forms[plan.form], plan.condition] satisfies [string | number, string];
}

/** A later question, or the end. */
function onward(jump: number, index: number, { qids }: Road): number {
  return qids[index + 1 + (jump % (qids.length - index))] ?? -1;
}

/** The object without what is undefined, as JSON would have it. */
function told<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
