/**
 * The bytes from `start` to `end`. The last of them are given only once it is sure that what they were cut from
 * is still what it was: else it throws, and the reader is left with less than it was promised.
 */
export async function* part(
  chunks: AsyncIterable<Buffer>,
  { start, end }: { start: number; end: number },
  isUnchanged: () => Promise<boolean>,
): AsyncGenerator<Buffer> {
  let at = 0;
  let held: Buffer | null = null;
  for await (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    at += chunk.length;
    if (piece.length > 0) {
      if (held !== null) yield held;
      held = piece;
    }
    if (at > end) break;
  }
  if (at <= end || !(await isUnchanged())) throw new Error("Answers changed while they were exported");
  if (held !== null) yield held;
}

/** Of all chunks together, in bytes; null where nobody waits for it any more. */
export async function lengthOf(chunks: AsyncIterable<Buffer>, isGone: () => boolean): Promise<number | null> {
  let length = 0;
  for await (const chunk of chunks) {
    if (isGone()) return null;
    length += chunk.length;
  }
  return length;
}
