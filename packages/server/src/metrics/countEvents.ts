import type { SurveyChange } from "../surveys/queries.ts";
import type { ThreadChange } from "../conversation/change/threadChange.ts";
import type { Metrics } from "./metrics.ts";

/** Counts what was written into a thread. */
export function countThreadChange(
  metrics: Metrics,
  { messages = [], run, finishedRuns = [] }: ThreadChange,
): void {
  const answers = messages.filter((message) => message.run_role === "answer").length;
  const finished = finishedRuns.length + (run?.finished ? 1 : 0);
  if (messages.length > 0) metrics.count("messages_posted_total", messages.length);
  if (answers > 0) metrics.countOf("answers_total", "chat", answers);
  if (run !== undefined) metrics.count("runs_started_total");
  if (finished > 0) metrics.count("runs_finished_total", finished);
}

/** Counts what was written into a survey. */
export function countSurveyChange(metrics: Metrics, { puts, events }: SurveyChange): void {
  metrics.countOf("answers_total", "survey", puts.length);
  if (events.some(({ type }) => type === "survey_completed")) metrics.count("surveys_completed_total");
}
