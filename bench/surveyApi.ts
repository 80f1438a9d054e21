import sql from "sql-template-tag";
import type { SchemaDocument } from "../packages/engine/src/index.ts";
import {
  againstFloor,
  DATABASE_CONNECTIONS,
  HTTP_CONNECTIONS,
  statementFigures,
} from "./support/againstFloor.ts";
import type { Figure } from "./support/figure.ts";
import type { HttpRequest } from "./support/keepAlive.ts";
import type { Sent } from "./support/recording.ts";
import { addPeople, deal, recordRequests } from "./support/rooms.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const LEAST_POSTING = 0.4;
const LEAST_LISTING = 0.5;
const QUESTIONS = 60;
const LISTED = 150;
/** As many as a connection can fill in while it is measured. */
const SURVEYS_PER_CONNECTION = 40;

/** Answering a question of a survey, and listing what is answered, against the same SQL straight through the driver. */
export async function surveyApi(bench: Bench): Promise<Figure[]> {
  return [
    ...(await onStage(bench, "survey_post", posting)),
    ...(await onStage(bench, "survey_list", listing)),
  ];
}

/**
 * Each survey is filled in once, question by question. The floor repeats what was recorded of half a survey, so that
 * on the average it finds as many answers there as the server does.
 */
async function posting(stage: Stage): Promise<Figure[]> {
  await addPeople(stage, 1);
  const { id, questions } = await stage.colloquy.schemas.load(scored(QUESTIONS));
  const token = await stage.tokenOf(1);
  const fill = (survey: number): HttpRequest[] =>
    questions.map(({ id: related_question, answers }, index) => ({
      method: "POST",
      path: `/api/surveys/${survey}/items`,
      token,
      body: { related_question, answers: [answers[index % answers.length]!.id] },
    }));
  const surveys = await begin(stage, id, HTTP_CONNECTIONS * SURVEYS_PER_CONNECTION);
  const server = surveys.map(fill);
  const floor: Sent[][][] = [];
  for (const survey of await begin(stage, id, DATABASE_CONNECTIONS))
    floor.push(await recordRequests(stage, fill(survey).slice(0, QUESTIONS / 2)));
  const lanes = {
    server: oneByOne(server, HTTP_CONNECTIONS),
    floor: deal(floor, DATABASE_CONNECTIONS),
  };
  return [
    await againstFloor(stage, "post a survey item", LEAST_POSTING, lanes),
    ...statementFigures("post a survey item", floor[0]!),
  ];
}

/** A connection fills in its surveys one after the other. */
function oneByOne(surveys: HttpRequest[][], lanes: number) {
  return deal(surveys, lanes).map((lane) => [{ requests: lane.flatMap(({ requests }) => requests), at: 0 }]);
}

async function listing(stage: Stage): Promise<Figure[]> {
  await addPeople(stage, 1);
  const { id, questions } = await stage.colloquy.schemas.load(scored(LISTED));
  const [survey] = await begin(stage, id, 1);
  const entries = questions.map(({ id: related_question, answers }) => ({
    related_question,
    answers: [answers[1]!.id],
  }));
  await stage.colloquy.surveys.answer(survey!, entries);
  await stage.db.query(sql`analyze`);
  const token = await stage.tokenOf(1);
  const list: HttpRequest = { method: "GET", path: `/api/surveys/${survey}/items`, token };
  await recordRequests(stage, [list]); // What is remembered from now on is looked up once.
  const recorded = await recordRequests(stage, [list]);
  const server = deal(
    Array.from({ length: HTTP_CONNECTIONS }, () => [list]),
    HTTP_CONNECTIONS,
  );
  const floor = deal(
    Array.from({ length: DATABASE_CONNECTIONS }, () => recorded),
    DATABASE_CONNECTIONS,
  );
  return [
    await againstFloor(stage, `list the ${LISTED} items of a survey`, LEAST_LISTING, { server, floor }),
    ...statementFigures("list survey items", recorded),
  ];
}

/** Surveys of person 1, as if they had been begun. */
async function begin({ db }: Stage, schema: number, count: number): Promise<number[]> {
  const rows = await db.query<{ id: number }>(sql`insert into survey (schema_id, user_id, state)
    select ${schema}, 1, '{"visibility": [1], "completed": false}' from generate_series(1, ${count}::int) returning id`);
  return rows.map(({ id }) => id);
}

function scored(length: number): SchemaDocument {
  const questions = Array.from({ length }, (_, index) => ({
    qid: index + 1,
    type: "choice" as const,
    text: `How often have you been bothered by problem ${index + 1}?`,
    required: true,
    answers: ["Not at all", "Several days", "Nearly every day"].map((text, points) => ({
      text,
      next_qid: index + 1 === length ? -1 : index + 2,
      variable_modifications: [["score", `score + ${points}`] as [string, string]],
    })),
  }));
  return { format: "colloquy.schema/1", name: "Scored", type: "survey", questions };
}
