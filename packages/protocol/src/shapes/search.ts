import { type Static, Type } from "typebox";
import { Message } from "./message.ts";
import { Nullable } from "./nullable.ts";

/** A piece of a message's text, and whether it is what was searched for. */
export const HighlightPart = Type.Object({ text: Type.String(), match: Type.Boolean() });
export type HighlightPart = Static<typeof HighlightPart>;

/** A message that was found, as its reader sees it. */
export const SearchHit = Type.Object({
  ...Message.properties,
  thread_title: Nullable(Type.String()),
  rank: Type.Number({ description: "Greater for a better match" }),
  highlights: Type.Array(HighlightPart, {
    description: "The text around the matches, in pieces: plain text, not HTML",
  }),
});
export type SearchHit = Static<typeof SearchHit>;
