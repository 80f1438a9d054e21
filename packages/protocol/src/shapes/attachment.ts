import { type Static, Type } from "typebox";
import { FreeJson, Id, Nullable } from "./nullable.ts";

/** A small picture of an attachment. */
export const Thumbnail = Type.Object(
  {
    src: Type.String({ description: "A path or a URL, as that of the attachment" }),
    width: Type.Integer({ description: "The width in pixels" }),
    height: Type.Integer({ description: "The height in pixels" }),
  },
  { title: "Thumbnail", description: "A small picture of an attachment" },
);
export type Thumbnail = Static<typeof Thumbnail>;

/** Something attached to a message, as its reader sees it. */
export const Attachment = Type.Object(
  {
    id: Id,
    message: { ...Id, description: "The id of its message" },
    type: Type.String({
      description:
        "The type: `image`, `youtube`, `object_reference`, or one of the setting `attachments.types`",
      examples: ["image"],
    }),
    title: Type.String({ description: "The title; may be empty" }),
    description: Type.String({ description: "The description; may be empty" }),
    src: Nullable(
      Type.String(),
      "A path or a URL. The path of a file works for this reader only, and for a few minutes",
    ),
    thumbnail: Nullable(Thumbnail, "A small picture; null if there is none"),
    options: { ...FreeJson, description: "Any JSON of its sender" },
    object_id: Nullable(Type.Integer(), "The id of an object of the host; null for other types"),
    content_type: { ...FreeJson, description: "What kind of object that is, a name or a number" },
    content_type_name: Nullable(Type.String(), "The same if it is a name; otherwise null"),
  },
  { title: "Attachment", description: "Something that is attached to a message" },
);
export type Attachment = Static<typeof Attachment>;
