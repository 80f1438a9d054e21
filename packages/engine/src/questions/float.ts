import { parseDecimal, textual } from "./textual.ts";

/** `float`: a finite decimal number, exponents allowed. */
export const float = textual(parseDecimal);
