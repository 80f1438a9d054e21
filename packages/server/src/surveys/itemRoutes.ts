import {
  Bool,
  fields,
  JsonField,
  ListOf,
  Nested,
  Page,
  Pk,
  SurveyItem,
  Text,
  texts,
} from "@colloquy/protocol";
import { type Static, Type } from "typebox";
import {
  defineResource,
  listQuery,
  NoContent,
  pageOf,
  parseFilters,
  parsePage,
  reply,
} from "../http/index.ts";
import type { PageLimits } from "../http/pagination.ts";
import type { Directory } from "../people/directory.ts";
import { MOST_ANSWERS } from "../schemas/answerRules.ts";
import { type AnswerDeps, deleteItem, type Entry, editItem, postItem, putItems } from "./answer.ts";
import type { May } from "./change.ts";
import {
  existing,
  type ItemContext,
  itemContext,
  itemsContext,
  type SurveyContext,
  whole,
} from "./context.ts";
import { itemsJson } from "./itemsJson.ts";
import { ALL_ITEMS, type ItemRow, listItems, type SurveyRow } from "./queries.ts";
import { editedItem, newItem, type ShownItem, toItems } from "./wire.ts";

/** What it takes to serve the answers of surveys. */
export interface ItemDeps extends AnswerDeps {
  people: Directory;
  settings: AnswerDeps["settings"] & { pagination: PageLimits };
}

/** Answers of one request: as many as the largest forms have questions. Who has more sends them in parts. */
const MOST_AT_ONCE = 1_000;
/** Options chosen in one request, in all of its answers together. */
const MOST_CHOSEN = 20_000;

const Answer = {
  answers: ListOf(Pk(), {
    required: false,
    nullable: true,
    maxItems: MOST_ANSWERS,
    description: "The ids of the chosen options, in order",
  }),
  text: Text({
    blank: true,
    nullable: true,
    required: false,
    description: "The text of the answer",
  }),
  meta: JsonField({ nullable: true, required: false, description: "Any JSON, stored with the answer" }),
};
/** An answer to a question. */
export const AnswerBody = fields(
  { ...Answer, related_question: Pk({ description: "The id of the question" }) },
  { title: "GivenAnswer", description: "The answer to a question" },
);
const New = fields(
  {
    ...AnswerBody.properties,
    verify: Bool({
      required: false,
      description: "Whether only to check the answer, without storing it",
    }),
  },
  { title: "NewSurveyItem", description: "The answer to a question, to store or to check" },
);
/** Several answers. */
export const AnswersBody = fields({ items: ListOf(Nested(AnswerBody), { maxItems: MOST_AT_ONCE }) });
/** What of an answer can be changed. */
export const AnswerEditBody = fields(Answer, {
  title: "SurveyItemEdit",
  description: "The new content of an answer",
});

const FILTERS = {
  id: { column: "i.id", kind: "integer" },
  related_question: { column: "i.question_id", kind: "integer" },
  position: { column: "q.position", kind: "integer" },
  text: {
    column: "(case when q.type in ('choice', 'multichoice') then i.written else i.text end)",
    kind: "text",
  },
  active: { column: "i.active", kind: "boolean" },
  created: { column: "i.created", kind: "datetime" },
  updated: { column: "i.updated", kind: "datetime" },
} as const;
const ORDER = ["id", "position", "created", "updated"] as const;

/** The answers of a survey: a list, all at once, and one at a time. */
export function surveyItemResources(deps: ItemDeps) {
  const { settings, db } = deps;
  const hides = settings.compat === undefined;

  const shown = (survey: SurveyRow, rows: readonly ShownItem[]) => toItems(deps, survey, rows);
  const shownOne = async (survey: SurveyRow, row: ShownItem) => existing((await shown(survey, [row]))[0]);

  /** The policy of the address, asked again with the survey as it is by then. */
  function mayStill({ allows }: Pick<ItemCall, "allows">): May {
    return (survey) => allows({ survey });
  }

  const list = defineResource({
    path: "/surveys/:survey_id/items",
    params: { survey_id: "id" },
    tags: ["surveys"],
    policy: "surveyItemsList",
    hides,
    context: (call) => itemsContext(deps, call),
    methods: {
      GET: {
        summary: "List a survey's answers",
        description:
          "By the position of their questions. All answers, or a page of them if `limit` is given.",
        query: listQuery(FILTERS, ORDER),
        response: {
          200: Type.Union([Type.Array(SurveyItem), Page(SurveyItem)], {
            description: "All answers, or a page of them if `limit` is given",
          }),
        },
        handle: async ({ context, query, url }) => {
          const survey = existing(context.survey);
          const filters = parseFilters(query, FILTERS, ORDER);
          if (query.limit === undefined)
            return itemsJson(
              await shown(survey, await listItems(db, survey.id, { ...ALL_ITEMS, ...filters })),
            );
          const { limit, offset = "" } = query;
          const page = parsePage({ limit, offset }, settings.pagination);
          const rows = await listItems(db, survey.id, { ...page, ...filters });
          return { ...pageOf(rows, page, url), results: await shown(survey, rows) };
        },
      },
      POST: {
        summary: "Answer a question",
        description:
          "Questions can be answered in any order, each once. With `verify`, the answer is not stored, and `survey_data` shows the survey as it would be.",
        body: New,
        example: { body: { related_question: 3, answers: [2] } },
        response: { 200: SurveyItem, 201: SurveyItem },
        handle: async (call) => {
          const { caller, context, body } = call;
          const { verify = false } = body;
          const before = whole(context);
          const may = mayStill(call);
          const changed = await postItem(deps, before, may, caller.id, entryOf(body), { verify });
          return reply(verify ? 200 : 201, await shownOne(changed.survey, newItem(changed)));
        },
      },
      PUT: {
        summary: "Answer several questions",
        description:
          "Stores all of the answers or none. Other answers stay as they are. Returns all answers of the survey.",
        body: AnswersBody,
        list: "items",
        rules: ({ body: { items = [] } }) =>
          chosenIn(items) > MOST_CHOSEN
            ? { items: [`${texts.listTooLong(MOST_CHOSEN)} (answers of all items together)`] }
            : null,
        response: { 200: Type.Array(SurveyItem, { description: "All answers of the survey" }) },
        example: {
          body: [
            { related_question: 2, text: "7" },
            { related_question: 3, answers: [1] },
          ],
        },
        handle: async (call) => {
          const { caller, context, body } = call;
          const may = mayStill(call);
          const { survey } = await putItems(deps, whole(context), may, caller.id, body.items.map(entryOf));
          return shown(survey, await listItems(db, survey.id, ALL_ITEMS));
        },
      },
    },
  });

  async function edited(call: ItemCall, change: Static<typeof AnswerEditBody>) {
    const { context } = call;
    const item = existing(context.item);
    const may = mayStill(call);
    const changed = await editItem(deps, whole(context), may, item, entryOf(change));
    return shownOne(changed.survey, editedItem(item, changed));
  }

  const one = defineResource({
    path: "/surveys/:survey_id/items/:id",
    params: { survey_id: "id", id: "id" },
    tags: ["surveys"],
    policy: "surveyItemObject",
    hides,
    context: (call) => itemContext(deps, call),
    methods: {
      GET: {
        summary: "Get an answer",
        description: "The answer with its question and its survey.",
        response: { 200: SurveyItem },
        handle: ({ context }) => shownOne(existing(context.survey), existing(context.item)),
      },
      PUT: {
        summary: "Replace an answer",
        description: "Answers the question again. Omitted fields become empty.",
        body: AnswerEditBody,
        example: { body: { text: "8" } },
        response: { 200: SurveyItem },
        handle: (call) => edited(call, call.body),
      },
      PATCH: {
        summary: "Change an answer",
        description: "Omitted fields stay as they are. The complete answer is checked again.",
        body: AnswerEditBody,
        example: { body: { meta: { device: "phone" } } },
        response: { 200: SurveyItem },
        handle: (call) => edited(call, { ...contentOf(existing(call.context.item)), ...call.body }),
      },
      DELETE: {
        summary: "Delete an answer",
        description: "The question becomes unanswered.",
        response: { 204: NoContent },
        handle: async (call) => {
          const { context } = call;
          const may = mayStill(call);
          await deleteItem(deps, whole(context), may, existing(context.item));
          return reply(204);
        },
      },
    },
  });

  return [list, one];
}

/** What a handler is called with, as far as it matters here. */
interface ItemCall {
  context: ItemContext;
  allows(changed: SurveyContext): Promise<boolean>;
}

function chosenIn(items: readonly { answers?: number[] | null }[]): number {
  return items.reduce((sum, { answers }) => sum + (answers?.length ?? 0), 0);
}

type Sent = Static<typeof AnswerEditBody> & { related_question?: number };

/** An answer as it is judged: what is left out, or null, is as usual. */
export function entryOf<Body extends Sent>({ answers, text, meta, related_question }: Body): Entry {
  return {
    related_question: related_question ?? Number.NaN,
    answers: answers ?? [],
    text: text ?? "",
    meta: meta ?? null,
  };
}

function contentOf({ answers, written, meta }: ItemRow): Static<typeof AnswerEditBody> {
  return { answers, text: written, meta };
}
