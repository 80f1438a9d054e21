import { fields, Page, Pk, Survey, type UserId, UserPk } from "@colloquy/protocol";
import {
  asksFor,
  defineResource,
  listQuery,
  NoContent,
  pageOf,
  parseFilters,
  parsePage,
  type Query,
  reply,
} from "../http/index.ts";
import type { PageLimits } from "../http/pagination.ts";
import type { Policies } from "../policies/policies.ts";
import type { UserIds } from "../policies/userIds.ts";
import { existing, surveyContext } from "./context.ts";
import { type CreateDeps, createSurvey } from "./create.ts";
import { listSurveys, SURVEY_LIST, type SurveyRow } from "./queries.ts";
import { removeSurvey } from "./remove.ts";
import { toSurvey, toSurveys } from "./wire.ts";

/** What it takes to serve surveys. */
export interface SurveyRouteDeps extends CreateDeps {
  policies: Pick<Policies, "surveyObject">;
  settings: CreateDeps["settings"] & UserIds & { pagination: PageLimits };
}

/** The fields of a new survey. */
export const NewSurvey = {
  schema: Pk({ description: "The id of a published schema" }),
  automated_sender: UserPk({
    nullable: true,
    required: false,
    description: "The id of the user who is shown as the sender; by default none",
  }),
};

/** A page of a user's surveys, or of everybody's, as a query asks for it. */
export async function surveyPage(
  { db, people, settings }: SurveyRouteDeps,
  user: UserId | null,
  query: Query,
  url: URL,
) {
  const page = parsePage(query, settings.pagination);
  const filters = parseFilters(query, SURVEY_LIST.filters, SURVEY_LIST.order, settings.accounts.ids);
  const rows = await listSurveys(db, user, { ...page, ...filters });
  return pageOf(await toSurveys({ people, settings }, rows), page, url);
}

/** Surveys: everybody's, one's own, and one at a time. */
export function surveyResources(deps: SurveyRouteDeps) {
  const { settings } = deps;

  async function detail(survey: SurveyRow, query: Record<string, string>) {
    const shown = await toSurvey(deps, survey);
    return asksFor(query, "variables_pool") ? { ...shown, variables_pool: survey.variables } : shown;
  }

  const everybodys = defineResource({
    path: "/surveys",
    tags: ["surveys"],
    policy: "surveysGlobalList",
    methods: {
      GET: {
        summary: "List all surveys, by id",
        description: "The surveys of all users, by id. Superusers only.",
        query: listQuery(SURVEY_LIST.filters, SURVEY_LIST.order, { keyset: true }),
        response: { 200: Page(Survey) },
        handle: ({ query, url }) => surveyPage(deps, null, query, url),
      },
    },
  });

  const own = defineResource({
    path: "/accounts/:user_id/surveys",
    params: { user_id: "user" },
    absent: 403,
    tags: ["surveys"],
    policy: "surveysListByUser",
    methods: {
      GET: {
        summary: "List the caller's surveys",
        description: "By id, completed or not.",
        query: listQuery(SURVEY_LIST.filters, SURVEY_LIST.order, { keyset: true }),
        response: { 200: Page(Survey) },
        handle: ({ params, query, url }) => surveyPage(deps, params.user_id!, query, url),
      },
      POST: {
        summary: "Begin a survey",
        description:
          "Starts a schema as a form: its questions can be answered in any order, and the answers decide which questions are visible.",
        body: fields(NewSurvey, { title: "NewSurvey", description: "A survey to begin" }),
        example: { body: { schema: 1 } },
        response: { 201: Survey },
        handle: async ({ params, body }) => {
          const { schema, automated_sender = null } = body;
          const survey = await createSurvey(deps, { user: params.user_id!, schema, automated_sender });
          return reply(201, await toSurvey(deps, survey));
        },
        mayRepeat: async ({ caller }, answer) => {
          const { id } = answer as Survey;
          const { survey } = await surveyContext(deps, id);
          const asked = { method: "GET", params: { id }, ...(survey === undefined ? {} : { survey }) };
          return survey !== undefined && deps.policies.surveyObject(caller, asked);
        },
      },
    },
  });

  /** Everything about a survey is decided when it begins; PUT and PATCH answer it as it is. */
  const unchanged = {
    summary: "Get a survey (as GET)",
    description: "A survey cannot be changed: the body is ignored, and the response is the survey as it is.",
    body: fields({}),
    response: { 200: Survey },
  };

  const one = defineResource({
    path: "/surveys/:id",
    params: { id: "id" },
    tags: ["surveys"],
    policy: "surveyObject",
    hides: settings.compat === undefined,
    context: ({ params }) => surveyContext(deps, params.id),
    methods: {
      GET: {
        summary: "Get a survey",
        description:
          "The survey with its visible questions, and whether it is completed. `?fields=variables_pool` returns its variables. Surveys of other users get 404.",
        response: { 200: Survey },
        handle: ({ context, query }) => detail(existing(context.survey), query),
      },
      PUT: { ...unchanged, handle: ({ context, query }) => detail(existing(context.survey), query) },
      PATCH: { ...unchanged, handle: ({ context, query }) => detail(existing(context.survey), query) },
      DELETE: {
        summary: "Delete a survey",
        description: "Deletes the survey and its answers permanently.",
        response: { 204: NoContent },
        handle: async ({ context }) => {
          await removeSurvey(deps, existing(context.survey));
          return reply(204);
        },
      },
    },
  });

  return [everybodys, own, one];
}
