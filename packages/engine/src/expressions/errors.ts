/**
 * Why an expression was refused or failed.
 *
 * | code | when |
 * | --- | --- |
 * | `SYNTAX` | Python would not parse it either |
 * | `NOT_ALLOWED` | Python, but not part of this language: attributes, other calls, comprehensions, … |
 * | `TOO_COMPLEX` | source, nesting, work or a string or list beyond `limits.ts` |
 * | `TYPE_ERROR` | an operation that Python's types do not have, or a call with the wrong number of arguments |
 * | `ZERO_DIVISION` | `/`, `//`, `%` by zero, zero to a negative power |
 * | `VALUE_ERROR` | text that is no number, `max` of nothing, a result that is not a number |
 * | `INDEX_ERROR` | a subscript outside its list or string |
 * | `OVERFLOW` | a number too large to hold |
 */
export const EXPRESSION_ERROR_CODES = [
  "SYNTAX",
  "NOT_ALLOWED",
  "TOO_COMPLEX",
  "TYPE_ERROR",
  "ZERO_DIVISION",
  "VALUE_ERROR",
  "INDEX_ERROR",
  "OVERFLOW",
] as const;

export type ExpressionErrorCode = (typeof EXPRESSION_ERROR_CODES)[number];

/** A bad expression, at compilation or evaluation. The only error that this folder throws. */
export class ExpressionError extends Error {
  readonly code: ExpressionErrorCode;
  /** Offset in the source, in UTF-16 units; null where no place is to blame. */
  readonly position: number | null;

  constructor(code: ExpressionErrorCode, message: string, position: number | null = null) {
    super(message);
    this.name = "ExpressionError";
    this.code = code;
    this.position = position;
  }
}
