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
  answers: ListOf(Pk(), { required: false, nullable: true, maxItems: MOST_ANSWERS }),
  text: Text({ blank: true, nullable: true, required: false }),
  meta: JsonField({ nullable: true, required: false }),
};
const Given = fields({ ...Answer, related_question: Pk() });
const New = fields({ ...Given.properties, verify: Bool({ required: false }) });
const Several = fields({ items: ListOf(Nested(Given), { maxItems: MOST_AT_ONCE }) });
const Edit = fields(Answer);

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
        summary: "The answers of a survey, by position; a page of them where `limit` is given",
        query: listQuery(FILTERS, ORDER),
        response: { 200: Type.Union([Type.Array(SurveyItem), Page(SurveyItem)]) },
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
        summary: "Answer a question; with `verify` only see what would follow",
        body: New,
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
        summary: "Answer several questions, all or none; what is not named stays",
        body: Several,
        list: "items",
        rules: ({ body: { items = [] } }) =>
          chosenIn(items) > MOST_CHOSEN
            ? { items: [`${texts.listTooLong(MOST_CHOSEN)} (answers of all items together)`] }
            : null,
        response: { 200: Type.Array(SurveyItem) },
        handle: async (call) => {
          const { caller, context, body } = call;
          const may = mayStill(call);
          const { survey } = await putItems(deps, whole(context), may, caller.id, body.items.map(entryOf));
          return shown(survey, await listItems(db, survey.id, ALL_ITEMS));
        },
      },
    },
  });

  async function edited(call: ItemCall, change: Static<typeof Edit>) {
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
        summary: "An answer",
        response: { 200: SurveyItem },
        handle: ({ context }) => shownOne(existing(context.survey), existing(context.item)),
      },
      PUT: {
        summary: "Answer the question anew",
        body: Edit,
        response: { 200: SurveyItem },
        handle: (call) => edited(call, call.body),
      },
      PATCH: {
        summary: "Change an answer; what is left out stays, and the whole is checked",
        body: Edit,
        response: { 200: SurveyItem },
        handle: (call) => edited(call, { ...contentOf(existing(call.context.item)), ...call.body }),
      },
      DELETE: {
        summary: "Take an answer away",
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

type Sent = Static<typeof Edit> & { related_question?: number };

function entryOf<Body extends Sent>({ answers, text, meta, related_question }: Body): Entry {
  return {
    related_question: related_question ?? Number.NaN,
    answers: answers ?? [],
    text: text ?? "",
    meta: meta ?? null,
  };
}

function contentOf({ answers, written, meta }: ItemRow): Static<typeof Edit> {
  return { answers, text: written, meta };
}
