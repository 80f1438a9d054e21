import type { Log } from "../log/publish.ts";
import type { Metrics } from "./metrics.ts";

/** How each kind of thing that happens is counted, so many times. */
const COUNTED: { [type: string]: (metrics: Metrics, times: number) => void } = {
  message_created: (metrics, times) => metrics.count("messages_posted_total", times),
  chat_answered: (metrics, times) => metrics.countOf("answers_total", "chat", times),
  run_started: (metrics, times) => metrics.count("runs_started_total", times),
  run_finished: (metrics, times) => metrics.count("runs_finished_total", times),
  survey_started: (metrics, times) => metrics.count("surveys_started_total", times),
  survey_answered: (metrics, times) => metrics.countOf("answers_total", "survey", times),
  survey_completed: (metrics, times) => metrics.count("surveys_completed_total", times),
};

/** Counts what happens in this process. */
export function countEvents(log: Log, metrics: Metrics): void {
  log.subscribe(({ happened }) => {
    for (const { type, times = 1 } of happened) COUNTED[type]?.(metrics, times);
  });
}
