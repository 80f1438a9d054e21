import { isoTime } from "./calendar.ts";
import { readInFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/** `time`: an ISO 8601 time of day, or one in the host's extra formats. Its value is in ISO 8601. */
export const time = textual((text, _question, rules) => isoTime(text) ?? readInFormat(text, rules, "time"));
