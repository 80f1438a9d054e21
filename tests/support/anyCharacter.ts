import fc from "fast-check";

const [FIRST_SURROGATE, SURROGATES] = [0xd800, 0x800];

/** Every character of Unicode, as fast-check's unit `binary`, which takes over a second to list them all first. */
export const anyCharacter: fc.Arbitrary<string> = fc.integer({ min: 0, max: 0x10ffff - SURROGATES }).map(
  (index) => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES),
  (character) => {
    const point = typeof character === "string" ? character.codePointAt(0) : undefined;
    if (point === undefined || String.fromCodePoint(point) !== character)
      throw new Error("Not one character");
    return point < FIRST_SURROGATE ? point : point - SURROGATES;
  },
);
