import { isIsoDate } from "./calendar.ts";
import { inFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/** `date`: an ISO 8601 calendar date, or one in the host's extra formats. */
export const date = textual((text, _question, rules) => isIsoDate(text) || inFormat(text, rules, "date"));
