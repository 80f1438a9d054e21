/**
 * What an expression may cost. Together they keep the worst accepted source well below 50 ms, and are
 * far above what a schema's rules need.
 */

/** UTF-16 units of the source. */
export const MAX_SOURCE = 2_000;

/** Brackets, calls, unary operators and conditions inside each other; `a + b + c` does not nest. */
export const MAX_NESTING = 50;

/** Nodes of the syntax tree that are compiled. */
export const MAX_NODES = 1_000;

/** Work units of one evaluation: roughly the characters and items that its operations walk over. */
export const MAX_WORK = 200_000;

/** UTF-16 units of a string that an operation builds, and characters and items of a list, inner ones included. */
export const MAX_SIZE = 10_000;

/** Lists inside lists, in values that come from outside. */
export const MAX_VALUE_DEPTH = 100;

/** Bits of an int. */
export const MAX_INT_BITS = 4_096;

/** The largest int, in either direction. */
export const MAX_INT = (1n << BigInt(MAX_INT_BITS)) - 1n;
