import { fields, JsonField, Text } from "@colloquy/protocol";
import type { Static } from "typebox";

const optional = { required: false, nullable: true } as const;
const text = { ...optional, blank: true } as const;

const PARTS = {
  type: Text({
    ...text,
    maxLength: 50,
    description:
      "The type: `image`, `youtube`, `object_reference`, or one of the setting `attachments.types`",
  }),
  title: Text({ ...text, maxLength: 255, description: "The title" }),
  description: Text({ ...text, maxLength: 10_000, description: "The description" }),
  file_content: Text({ ...text, description: "The file in base64, also as a data URL" }),
  url: Text({ ...text, maxLength: 2_000, description: "The URL of a video, for `youtube`" }),
  options: JsonField({ ...optional, description: "Any JSON, stored with the attachment" }),
  object_id: JsonField({ ...optional, description: "The id of an object of the host, an integer" }),
  content_type: JsonField({ ...optional, maxSize: 255, description: "What kind of object that is" }),
};

/** An attachment as it is sent with a message. What is missing of it depends on its type. */
export const AttachmentFields = fields(PARTS, {
  title: "NewAttachment",
  description: "Something to attach to a message. Which fields are required depends on the type",
});

/** The same at an address of its own, where a form can bring the file along. */
export const AttachmentBody = fields(
  { ...PARTS, file: Text({ ...text, description: "The file, as a file of `multipart/form-data`" }) },
  {
    title: "AttachmentBody",
    description: "Something to attach to a message. Which fields are required depends on the type",
  },
);

/** An attachment as it was sent; `file` names a file that came with it. */
export type SentAttachment = Partial<Static<typeof AttachmentBody>> & {
  /** The file itself, where the host gives it in code. */
  content?: Uint8Array;
};
