import { isoDate } from "./calendar.ts";
import { readInFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/** `date`: an ISO 8601 calendar date, or one in the host's extra formats. Its value is in ISO 8601. */
export const date = textual((text, _question, rules) => isoDate(text) ?? readInFormat(text, rules, "date"));
