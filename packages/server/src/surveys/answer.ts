import type { CompiledSchema, Json } from "@colloquy/engine";
import { ApiError, type FieldErrors, invalid, notFound, texts, type UserId } from "@colloquy/protocol";
import { missingText, unknownAnswersAmong } from "../schemas/answerErrors.ts";
import { type AnswerSettings, answerRules } from "../schemas/answerRules.ts";
import { existingQuestions } from "../schemas/queries.ts";
import { type Changed, changeSurvey, type May, type SurveyDeps } from "./change.ts";
import type { ItemRow, Put, Snapshot } from "./queries.ts";
import { storedValue } from "./storedValue.ts";

/** What it takes to answer in surveys. */
export interface AnswerDeps extends SurveyDeps {
  settings: SurveyDeps["settings"] & AnswerSettings;
}

/** An answer as somebody sends it. */
export interface Entry {
  related_question: number;
  answers: number[];
  text: string;
  meta: Json;
}

/** Answers a question for the first time. With `verify` it is only seen what would follow. */
export function postItem(
  deps: AnswerDeps,
  seen: Snapshot,
  may: May,
  sender: UserId,
  entry: Entry,
  { verify }: { verify: boolean },
): Promise<Changed> {
  return changeSurvey(
    deps,
    seen,
    may,
    async (survey, schema) => {
      const isAnswered = survey.given.some((given) => given.question_id === entry.related_question);
      if (isAnswered) throw invalid({ related_question: [texts.ALREADY_ANSWERED] });
      return { puts: [await accepted(deps, schema, sender, entry)], drops: [] };
    },
    { verify },
  );
}

/** Changes an answer. */
export function editItem(
  deps: AnswerDeps,
  seen: Snapshot,
  may: May,
  { id, question_id, sender_id }: ItemRow,
  entry: Omit<Entry, "related_question">,
): Promise<Changed> {
  return changeSurvey(deps, seen, may, async (survey, schema) => {
    expectItem(survey, id);
    const put = await accepted(deps, schema, sender_id, { ...entry, related_question: question_id });
    return { puts: [put], drops: [] };
  });
}

/** Takes an answer away. */
export function deleteItem(deps: AnswerDeps, seen: Snapshot, may: May, { id }: ItemRow): Promise<Changed> {
  return changeSurvey(deps, seen, may, (survey) => {
    expectItem(survey, id);
    return { puts: [], drops: [id] };
  });
}

/** Another device may have taken it away meanwhile. */
function expectItem({ given }: Snapshot, item: number): void {
  if (!given.some(({ id }) => id === item)) throw notFound();
}

/** Stores several answers, all or none: new ones, and others in place of earlier ones. What is not named stays. */
export function putItems(
  deps: AnswerDeps,
  seen: Snapshot,
  may: May,
  sender: UserId,
  entries: readonly Entry[],
): Promise<Changed> {
  return changeSurvey(deps, seen, may, async (_survey, schema) => {
    const verdicts = await verdictsOn(deps, schema, sender, entries);
    const errors = withRepeated(
      entries,
      verdicts.map((verdict) => ("errors" in verdict ? verdict.errors : {})),
    );
    if (errors.some((problems) => Object.keys(problems).length > 0)) throw new ApiError(400, errors);
    return { puts: verdicts.flatMap((verdict) => ("put" in verdict ? verdict.put : [])), drops: [] };
  });
}

/** The errors of each entry; a second answer to one question has that one alone. */
function withRepeated(entries: readonly Entry[], errors: FieldErrors[]): FieldErrors[] {
  const named = new Set<number>();
  return entries.map(({ related_question }, index) => {
    if (named.has(related_question)) return { related_question: [texts.ALREADY_ANSWERED] };
    named.add(related_question);
    return errors[index]!;
  });
}

async function accepted(
  deps: AnswerDeps,
  schema: CompiledSchema,
  sender: UserId | null,
  entry: Entry,
): Promise<Put> {
  const [verdict] = await verdictsOn(deps, schema, sender, [entry]);
  if ("errors" in verdict!) throw invalid(verdict.errors);
  return verdict!.put;
}

type Verdict = { put: Put } | { errors: FieldErrors };

/** What becomes of each entry. The database is asked at most once for all unknown questions, and once for all options. */
async function verdictsOn(
  deps: AnswerDeps,
  schema: CompiledSchema,
  sender_id: UserId | null,
  entries: readonly Entry[],
): Promise<Verdict[]> {
  const verdicts = entries.map((entry) => verdictOn(deps, schema, sender_id, entry));
  const questions = new Set(
    entries.map((entry) => entry.related_question).filter((id) => !schema.byId.has(id)),
  );
  const refused = entries.filter(
    (entry, index) => schema.byId.has(entry.related_question) && "errors" in verdicts[index]!,
  );
  const [elsewhere, unknown] = await Promise.all([
    questions.size === 0 ? new Set<number>() : existingQuestions(deps.db, [...questions]),
    unknownAnswersAmong(deps.db, [...new Set(refused.flatMap(({ answers }) => answers))]),
  ]);
  return verdicts.map((verdict, index) => {
    const { related_question, answers } = entries[index]!;
    if (!("errors" in verdict)) return verdict;
    if (!schema.byId.has(related_question)) {
      const problem = elsewhere.has(related_question)
        ? texts.QUESTION_FROM_WRONG_SCHEMA
        : texts.pkNotFound(related_question);
      return { errors: { related_question: [problem] } };
    }
    const missing = answers.filter((id) => unknown.has(id)).map((id) => texts.pkNotFound(id));
    return missing.length === 0 ? verdict : { errors: { ...verdict.errors, answers: missing } };
  });
}

function verdictOn(
  deps: AnswerDeps,
  { byId }: CompiledSchema,
  sender_id: UserId | null,
  entry: Entry,
): Verdict {
  const current = byId.get(entry.related_question);
  // What is wrong with it, only the database knows.
  if (current === undefined) return { errors: {} };
  const { question, kind } = current;
  // Nobody is ever asked a fork.
  if (!kind.shown) return { errors: { related_question: [texts.WRONG_STATE] } };
  const verdict = kind.accept(question, entry, answerRules(deps.settings));
  if ("errors" in verdict) return { errors: missingText(deps.settings, question.type, verdict.errors) };
  const { answers, text } = verdict.accepted;
  return {
    put: {
      question_id: question.id,
      answers: answers.map((option) => option.id),
      text,
      written: question.type === "control" || entry.text.trim() === "" ? "" : entry.text,
      value: storedValue(question, entry, answerRules(deps.settings)),
      meta: entry.meta,
      sender_id,
    },
  };
}
