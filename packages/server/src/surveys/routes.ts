import { fields, Page, Pk, Survey, type UserId, UserPk } from "@colloquy/protocol";
import { Type } from "typebox";
import {
  asksFor,
  defineResource,
  listQuery,
  NoContent,
  pageOf,
  parseFilters,
  parsePage,
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

/** With `?fields=variables_pool` a survey shows its pool, too. */
export const ReadSurvey = Type.Object({
  ...Survey.properties,
  variables_pool: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({ type: "object", additionalProperties: true }),
  ),
});

/** Surveys: everybody's, one's own, and one at a time. */
export function surveyResources(deps: SurveyRouteDeps) {
  const { settings } = deps;

  async function page(user: UserId | null, query: Record<string, string>, url: URL) {
    const asked = parsePage(query, settings.pagination);
    const filters = parseFilters(query, SURVEY_LIST.filters, SURVEY_LIST.order, settings.accounts.ids);
    return pageOf(
      await toSurveys(deps, await listSurveys(deps.db, user, { ...asked, ...filters })),
      asked,
      url,
    );
  }

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
        summary: "Everybody's surveys",
        query: listQuery(SURVEY_LIST.filters, SURVEY_LIST.order, { keyset: true }),
        response: { 200: Page(Survey) },
        handle: ({ query, url }) => page(null, query, url),
      },
    },
  });

  const own = defineResource({
    path: "/accounts/:user_id/surveys",
    params: { user_id: "user" },
    tags: ["surveys"],
    policy: "surveysListByUser",
    methods: {
      GET: {
        summary: "The user's surveys",
        query: listQuery(SURVEY_LIST.filters, SURVEY_LIST.order, { keyset: true }),
        response: { 200: Page(Survey) },
        handle: ({ params, query, url }) => page(params.user_id!, query, url),
      },
      POST: {
        summary: "Begin a survey",
        body: fields({ schema: Pk(), automated_sender: UserPk({ nullable: true, required: false }) }),
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
    summary: "A survey as it is: nothing of it can be set",
    body: fields({}),
    response: { 200: ReadSurvey },
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
        summary: "A survey: what is visible, and whether it is complete",
        response: { 200: ReadSurvey },
        handle: ({ context, query }) => detail(existing(context.survey), query),
      },
      PUT: { ...unchanged, handle: ({ context, query }) => detail(existing(context.survey), query) },
      PATCH: { ...unchanged, handle: ({ context, query }) => detail(existing(context.survey), query) },
      DELETE: {
        summary: "Delete a survey with its answers",
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
