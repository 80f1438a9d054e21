import { isoDateTime } from "./calendar.ts";
import { readInFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/**
 * `datetime`: an ISO 8601 date and time, or one in the host's extra formats. Its value is in ISO 8601, with an
 * offset where one was given.
 */
export const datetime = textual(
  (text, _question, rules) => isoDateTime(text) ?? readInFormat(text, rules, "datetime"),
);
