import type { Answer, OptionValue } from "../schema.ts";

/** An option as a document gives it, in its place. */
interface Given {
  position: number;
  text: string;
  value?: OptionValue;
}

/**
 * The values of a question's options, no two alike (unless the document gives them so). An option without one
 * keeps that of the option in `earlier`, the content that is replaced, which it is: the one with the same
 * text, else the one at its position whose text is gone. One that is new gets its text, and where that is
 * taken `text (2)`.
 */
export function optionValues(options: readonly Given[], earlier: readonly Answer[] = []): OptionValue[] {
  const values = options.map(({ value }) => (value === 0 ? 0 : value)); // JSON has no -0
  const taken = new Set(values.filter((value) => value !== undefined));
  const take = (index: number, value: OptionValue) => {
    if (values[index] !== undefined || taken.has(value)) return;
    values[index] = value;
    taken.add(value);
  };
  for (const [index, option] of formerly(options, earlier)) take(index, option.value);
  for (const [index, { text }] of options.entries()) take(index, text);
  for (const [index, { text }] of options.entries())
    for (let number = 2; values[index] === undefined; number++) take(index, `${text} (${number})`);
  return values as OptionValue[];
}

/** Which earlier option each one is, by its index. Of several with the same text the first is the first. */
function formerly(options: readonly Given[], earlier: readonly Answer[]): [index: number, Answer][] {
  const left = new Set(earlier);
  const find = (is: (option: Answer, given: Given) => boolean, index: number): [number, Answer][] => {
    const found = [...left].find((option) => is(option, options[index]!));
    if (found === undefined) return [];
    left.delete(found);
    return [[index, found]];
  };
  const alike = options.flatMap((_, index) => find((option, { text }) => option.text === text, index));
  const known = new Set(alike.map(([index]) => index));
  const reworded = options.flatMap((_, index) =>
    known.has(index) ? [] : find((option, { position }) => option.position === position, index),
  );
  return [...alike, ...reworded];
}
