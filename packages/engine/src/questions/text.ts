import { textual } from "./textual.ts";

/** `text`: any text that is not blank. */
export const text = textual(() => true);
