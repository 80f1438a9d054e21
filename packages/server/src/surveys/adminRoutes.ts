import { fields, Page, Survey, SurveyItem, UserPk } from "@colloquy/protocol";
import { Type } from "typebox";
import { defineResource, listQuery, reply } from "../http/index.ts";
import { unknownUser } from "../people/unknown.ts";
import { EXAMPLE_USERS } from "../policies/userIds.ts";
import { existing, surveyContext } from "./context.ts";
import { createSurvey } from "./create.ts";
import { itemsJson } from "./itemsJson.ts";
import { ALL_ITEMS, listItems, SURVEY_LIST } from "./queries.ts";
import { NewSurvey, type SurveyRouteDeps, surveyPage } from "./routes.ts";
import { type ShowItemDeps, toItems, toSurvey } from "./wire.ts";

/** Anybody's surveys, for superusers. */
export function adminSurveyResources(deps: SurveyRouteDeps & ShowItemDeps) {
  const { db, settings } = deps;
  const { filters, order } = SURVEY_LIST;
  const base = { tags: ["surveys"], policy: "admin" as const };
  const byId = { ...base, params: { id: "id" as const } };
  const found = async (id: number | null) => existing((await surveyContext(deps, id)).survey);

  return [
    defineResource({
      ...base,
      path: "/admin/surveys",
      methods: {
        GET: {
          summary: "List all surveys",
          description: "The newest first. Superusers only.",
          query: listQuery(filters, order, { keyset: true }),
          response: { 200: Page(Survey) },
          handle: ({ query, url }) => surveyPage(deps, null, query, url),
        },
        POST: {
          summary: "Begin a survey for a user",
          description: "The user finds it among their own surveys. Superusers only.",
          body: fields(
            { user: UserPk({ description: "The id of the user" }), ...NewSurvey },
            { title: "NewSurveyOf", description: "A survey to begin for a user" },
          ),
          example: { body: { user: EXAMPLE_USERS[settings.accounts.ids].patient, schema: 1 } },
          response: { 201: Survey },
          rules: ({ body }) => unknownUser(deps.people, "user", body.user),
          handle: async ({ body }) => {
            const { user, schema, automated_sender = null } = body;
            return reply(
              201,
              await toSurvey(deps, await createSurvey(deps, { user, schema, automated_sender })),
            );
          },
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/surveys/:id",
      methods: {
        GET: {
          summary: "Get any survey",
          description: "With its variables. Superusers only.",
          response: { 200: Survey },
          handle: async ({ params }) => {
            const survey = await found(params.id);
            return { ...(await toSurvey(deps, survey)), variables_pool: survey.variables };
          },
        },
      },
    }),
    defineResource({
      ...byId,
      path: "/admin/surveys/:id/items",
      methods: {
        GET: {
          summary: "List the answers of any survey",
          description: "By the position of their questions. Superusers only.",
          response: { 200: Type.Array(SurveyItem, { description: "The answers" }) },
          handle: async ({ params }) => {
            const survey = await found(params.id);
            return itemsJson(await toItems(deps, survey, await listItems(db, survey.id, ALL_ITEMS)));
          },
        },
      },
    }),
  ];
}
