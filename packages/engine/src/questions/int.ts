import { jsonNumber, textual } from "./textual.ts";

/** `int`: an optional sign and digits, a safe integer. */
export const int = textual((text) =>
  /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? jsonNumber(text) : null,
);
