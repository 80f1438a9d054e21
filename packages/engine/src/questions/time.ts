import { isIsoTime } from "./calendar.ts";
import { inFormat } from "./inFormat.ts";
import { textual } from "./textual.ts";

/** `time`: an ISO 8601 time of day, or one in the host's extra formats. */
export const time = textual((text, _question, rules) => isIsoTime(text) || inFormat(text, rules, "time"));
