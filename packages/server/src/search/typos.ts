import leven from "leven";
import type { Term } from "./terms.ts";

/** Words that are offered in place of one that was mistyped. */
const MOST_ALTERNATIVES = 5;
/** Edits from a long word to one that was meant; of a short one half as many. */
export const MOST_EDITS = 2;
/** Shorter words have too many neighbours. */
const SHORTEST = 4;
/** Comparing longer ones with each word of a large vocabulary would keep everybody waiting. */
const LONGEST = 40;

/**
 * Terms with the words of a vocabulary that were probably meant, in place of words that it does not have; null where there
 * is nothing to correct, or nothing that is near.
 */
export function corrected(terms: readonly Term[], vocabulary: ReadonlySet<string>): Term[][] | null {
  let isCorrected = false;
  const alternatives = terms.map((term): Term[] => {
    const word = term.text.toLowerCase();
    if (term.kind === "phrase" || term.excluded || isKnown(term, word, vocabulary)) return [term];
    const near = nearest(word, vocabulary);
    if (near.length === 0) return [term];
    isCorrected = true;
    return near.map((text) => ({ ...term, text, isPrefix: false }));
  });
  return isCorrected ? alternatives : null;
}

function isKnown({ isPrefix }: Term, word: string, vocabulary: ReadonlySet<string>): boolean {
  return vocabulary.has(word) || (isPrefix && [...vocabulary].some((known) => known.startsWith(word)));
}

function nearest(word: string, vocabulary: ReadonlySet<string>): string[] {
  if (word.length < SHORTEST || word.length > LONGEST) return [];
  const most = word.length < 8 ? MOST_EDITS / 2 : MOST_EDITS;
  return [...vocabulary]
    .filter((known) => Math.abs(known.length - word.length) <= most)
    .map((known) => ({ known, distance: distanceOf(word, known) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MOST_ALTERNATIVES)
    .map(({ known }) => known);
}

/** Edits from one word to the other; two letters that changed places are one. */
function distanceOf(word: string, known: string): number {
  const distance = leven(word, known, { maxDistance: MOST_EDITS + 1 });
  if (distance !== 2 || word.length !== known.length) return distance;
  const [first, second] = [...word].flatMap((letter, index) => (letter === known[index] ? [] : [index]));
  const isSwapped = second === first! + 1 && word[first!] === known[second] && word[second] === known[first!];
  return isSwapped ? 1 : distance;
}
