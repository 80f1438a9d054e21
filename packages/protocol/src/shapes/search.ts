import { type Static, Type } from "typebox";
import { Message } from "./message.ts";
import { Nullable } from "./nullable.ts";

/** A piece of a message's text, and whether it is what was searched for. */
export const HighlightPart = Type.Object(
  {
    text: Type.String({ description: "The text of the part" }),
    match: Type.Boolean({ description: "Whether it matches the query" }),
  },
  { title: "HighlightPart", description: "A part of the text of a message that was found" },
);
export type HighlightPart = Static<typeof HighlightPart>;

/** A message that was found, as its reader sees it. */
export const SearchHit = Type.Object(
  {
    ...Message.properties,
    thread_title: Nullable(Type.String(), "The title of its thread"),
    rank: Type.Number({ description: "Greater for a better match" }),
    highlights: Type.Array(HighlightPart, {
      description: "The text around the matches, in pieces: plain text, not HTML",
    }),
  },
  { title: "SearchHit", description: "A message that was found" },
);
export type SearchHit = Static<typeof SearchHit>;
