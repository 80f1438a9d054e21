import { textual } from "./textual.ts";

/** `text`: any text that is not blank. Its value is the text as it was written. */
export const text = textual((_text, _question, _rules, written) => written);
