import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";
import { written } from "./received.ts";

/** One of the listed words. */
export function Choice<
  const Words extends readonly string[],
  const O extends FieldOptions<Words[number]> = Record<never, never>,
>(words: Words, options?: O): Field<Words[number], O> {
  const known = new Set<string>(words);
  return field<Words[number], O>(
    "value",
    { type: "string", enum: [...words] },
    options ?? ({} as O),
    (raw, form) => {
      const word = written(raw);
      if (known.has(word)) return word as Words[number];
      if (form && word === "" && options?.nullable) return null;
      return new Invalid([texts.invalidChoice(word)]);
    },
  );
}
