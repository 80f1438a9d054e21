import type { Json, Variables } from "@colloquy/engine";
import {
  notFound,
  type Survey,
  type SurveyAggregate,
  type SurveyItem,
  type UserId,
} from "@colloquy/protocol";
import type { Database } from "../database/database.ts";
import { aggregate } from "../surveys/aggregate/aggregate.ts";
import { deleteItem, editItem, postItem, putItems } from "../surveys/answer.ts";
import { createSurvey } from "../surveys/create.ts";
import { FORMATS } from "../surveys/export/formats.ts";
import { loadVersions, openExport } from "../surveys/export/open.ts";
import { readKey, readWanted, WANTED_NAMES } from "../surveys/export/wanted.ts";
import { AnswerBody, AnswerEditBody, AnswersBody, entryOf, type ItemDeps } from "../surveys/itemRoutes.ts";
import {
  ALL_ITEMS,
  findItem,
  findSnapshot,
  type ItemRow,
  listItems,
  listSurveys,
  type Snapshot,
  SURVEY_LIST,
} from "../surveys/queries.ts";
import { removeSurvey } from "../surveys/remove.ts";
import type { SurveyRouteDeps } from "../surveys/routes.ts";
import { editedItem, newItem, toItems, toSurvey, toSurveys } from "../surveys/wire.ts";
import type { Host } from "./host.ts";
import { expectId } from "./input.ts";
import { type ListOptions, partOf, queryOf } from "./query.ts";

/** Schemas as forms, and what was answered in them. */
export interface SurveyService {
  /** Begins a survey of a user on a published schema. */
  create(survey: { user: UserId; schema: number; automated_sender?: UserId | null }): Promise<Survey>;
  get(survey: number): Promise<Survey & { variables_pool: Variables }>;
  /** Everybody's surveys, newest first, or with `user` those of one; at most 20 unless `limit` says otherwise. */
  list(options?: ListOptions): Promise<Survey[]>;
  /** Its answers, by the position of their questions. */
  items(survey: number): Promise<SurveyItem[]>;
  item(survey: number, item: number): Promise<SurveyItem>;
  /** Answers questions, all or none, in the user's name; an earlier answer to a question is replaced. */
  answer(survey: number, answers: readonly SurveyAnswer[]): Promise<Survey>;
  /** What an answer would be and lead to; nothing is stored. */
  verify(survey: number, answer: SurveyAnswer): Promise<SurveyItem>;
  /** Changes an answer; what is left out stays. */
  editItem(survey: number, item: number, change: Omit<SurveyAnswer, "related_question">): Promise<SurveyItem>;
  removeItem(survey: number, item: number): Promise<void>;
  remove(survey: number): Promise<void>;
  /**
   * The answers to a schema's surveys as a file, one row per survey. Options are those of `/admin/surveys/export`: `name`
   * or `id`, `format`, `inactive`, `completed`, `after`, `separator`, `bom`.
   */
  export(options: ListOptions): Promise<SurveyFile>;
  /** Counts over the answers to a schema's surveys, all versions of a name or one by its id. */
  aggregate(schema: { name: string } | { id: number }): Promise<SurveyAggregate>;
}

/** An answer to a question of a survey, by the question's id. */
export interface SurveyAnswer {
  related_question: number;
  answers?: number[];
  text?: string;
  meta?: Json;
}

/** A file that is made as it is read. */
export interface SurveyFile {
  name: string;
  contentType: string;
  /** How many surveys it has. */
  count: number;
  content: AsyncIterable<Buffer>;
}

/** The host asks nobody. */
const ANYBODY = () => true;

export function surveyService(
  deps: SurveyRouteDeps &
    ItemDeps & { db: Database; settings: SurveyRouteDeps["settings"] & ItemDeps["settings"] },
  host: Host,
): SurveyService {
  const { db, settings } = deps;

  async function theSurvey(id: number): Promise<Snapshot> {
    const survey = await findSnapshot(db, expectId(id, "survey"));
    if (survey === null) throw notFound();
    return survey;
  }

  async function theItem(survey: number, id: number): Promise<ItemRow> {
    const item = await findItem(db, expectId(survey, "survey"), expectId(id, "survey item"));
    if (item === null) throw notFound();
    return item;
  }

  return {
    async create({ user, schema, automated_sender }) {
      const beginning = {
        user: host.user(user),
        schema: expectId(schema, "schema"),
        automated_sender: host.sender(automated_sender),
      };
      return toSurvey(deps, await createSurvey(deps, beginning));
    },
    async get(id) {
      const survey = await theSurvey(id);
      return { ...(await toSurvey(deps, survey)), variables_pool: survey.variables };
    },
    async list(options = {}) {
      return toSurveys(
        deps,
        await listSurveys(db, null, partOf(options, SURVEY_LIST, settings.accounts.ids)),
      );
    },
    async items(id) {
      const survey = await theSurvey(id);
      return toItems(deps, survey, await listItems(db, id, ALL_ITEMS));
    },
    async item(id, item) {
      const survey = await theSurvey(id);
      return (await toItems(deps, survey, [await theItem(id, item)]))[0]!;
    },
    async answer(id, answers) {
      const survey = await theSurvey(id);
      const { items = [] } = host.read(AnswersBody, { items: answers });
      const entries = items.map(entryOf);
      return toSurvey(deps, (await putItems(deps, survey, ANYBODY, survey.user_id, entries)).survey);
    },
    async verify(id, answer) {
      const survey = await theSurvey(id);
      const entry = entryOf(host.read(AnswerBody, answer));
      const seen = await postItem(deps, survey, ANYBODY, survey.user_id, entry, { verify: true });
      return (await toItems(deps, seen.survey, [newItem(seen)]))[0]!;
    },
    async editItem(id, itemId, change) {
      const item = await theItem(id, itemId);
      const { answers, written, meta } = item;
      const entry = entryOf({ answers, text: written, meta, ...host.read(AnswerEditBody, change) });
      const changed = await editItem(deps, await theSurvey(id), ANYBODY, item, entry);
      return (await toItems(deps, changed.survey, [editedItem(item, changed)]))[0]!;
    },
    async removeItem(id, itemId) {
      await deleteItem(deps, await theSurvey(id), ANYBODY, await theItem(id, itemId));
    },
    remove: async (id) => removeSurvey(deps, await theSurvey(id)),
    async export(options) {
      const wanted = readWanted(queryOf(options, WANTED_NAMES));
      const opened = await openExport(db, wanted);
      if (opened === null) throw notFound();
      const { contentType, suffix } = FORMATS[wanted.format];
      return { name: opened.name + suffix, contentType, count: opened.count, content: opened.chunks() };
    },
    async aggregate(schema) {
      const versions = await loadVersions(db, readKey(queryOf({ ...schema }, ["name", "id"])));
      if (versions.length === 0) throw notFound();
      return aggregate(db, versions);
    },
  };
}
