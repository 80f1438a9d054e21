import type { NumberSummary } from "./queries.ts";

const BINS = 10;
/** So many whole numbers each get a bin of their own. */
const FEW = 20;

/**
 * The edges of a histogram, one more than it has bins; a bin holds what is from its edge up to the next one, the
 * last one also what is at its end. Bins of whole numbers are wide by whole numbers.
 */
export function edgesOf({
  minimum,
  maximum,
  whole,
}: Pick<NumberSummary, "minimum" | "maximum" | "whole">): number[] {
  const span = maximum - minimum + 1;
  if (whole && Number.isSafeInteger(minimum) && Number.isSafeInteger(maximum) && Number.isSafeInteger(span)) {
    const width = span <= FEW ? 1 : Math.ceil(span / BINS);
    return Array.from({ length: Math.ceil(span / width) + 1 }, (_, index) => minimum + index * width);
  }
  const width = maximum / BINS - minimum / BINS;
  const inner = Array.from({ length: BINS - 1 }, (_, index) => minimum + (index + 1) * width);
  // Of numbers that lie too close together some edges would be the same.
  return [minimum, ...new Set(inner.filter((edge) => minimum < edge && edge < maximum)), maximum];
}
