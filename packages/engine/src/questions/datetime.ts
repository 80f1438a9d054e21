import { isIsoDateTime } from "./calendar.ts";
import { inFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/** `datetime`: an ISO 8601 date and time, or one in the host's extra formats. */
export const datetime = textual(
  (text, _question, rules) => isIsoDateTime(text) || inFormat(text, rules, "datetime"),
);
