/** A part of what is searched for. All terms must be in a text, and those that are excluded must not. */
export interface Term {
  kind: "word" | "phrase";
  text: string;
  excluded: boolean;
  /** Whether longer words that begin with it are found, too. */
  isPrefix: boolean;
}

/** More terms than anybody types are left out. */
const MOST_TERMS = 16;

const PART = /(-?)"([^"]*)"?|(\S+)/gu;
const HAS_WORD = /[\p{L}\p{N}]/u;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

/** A database reads what signs join as a phrase: of more words than these, beginnings would take it minutes. */
const MOST_JOINED = 4;

/**
 * Reads what a person typed: words, `"phrases"`, and `-` before what must not be there. The last word may be the beginning
 * of one, since it may still be typed.
 */
export function readTerms(query: string): Term[] {
  const terms = [...query.matchAll(PART)]
    .map(([, dash, phrase, word = ""]): Term => {
      if (phrase !== undefined)
        return { kind: "phrase", text: phrase, excluded: dash === "-", isPrefix: false };
      const excluded = word.startsWith("-");
      return { kind: "word", text: excluded ? word.slice(1) : word, excluded, isPrefix: false };
    })
    .filter(({ text }) => HAS_WORD.test(text))
    .slice(0, MOST_TERMS);
  const last = terms.at(-1);
  if (last?.kind === "word" && !last.excluded) last.isPrefix = isLongEnough(last.text);
  return terms;
}

/** Beginnings that half of all words have are no help, and dear. One sign of Chinese is more than a letter. */
function isLongEnough(word: string): boolean {
  if ((word.match(WORDS)?.length ?? 0) > MOST_JOINED) return false;
  return word.length >= 3 || /[^\p{ASCII}]/u.test(word);
}
