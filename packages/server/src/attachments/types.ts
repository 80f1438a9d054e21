import type { Json } from "@colloquy/engine";
import type { Attachment, FieldErrors, Thumbnail } from "@colloquy/protocol";
import type { Viewer } from "../conversation/view/visibility.ts";

/** What is to be attached, as its author sent it, or as `preSave` made it. */
export interface AttachmentData {
  type: string;
  title: string;
  description: string;
  url: string | null;
  options: Json;
  object_id: number | null;
  content_type: Json;
  file: AttachmentFile | null;
}

/** A file that was sent. */
export interface AttachmentFile {
  size: number;
  /** By its bytes; null where they tell nothing. */
  media_type: string | null;
  bytes(): Promise<Uint8Array>;
}

/** What a hook is told besides the data. */
export interface SavingContext {
  /** Who attaches it. */
  user: Viewer;
  thread: number;
  /** Null where it is sent together with its message. */
  message: number | null;
  /** What is changed; null for a new attachment. */
  existing: Attachment | null;
}

export interface ShowingContext {
  /** To whom it is shown. */
  user: Viewer;
  message: number;
}

/**
 * A type of attachments of the host's own. What has no hook is stored and shown as it was sent; a file of such a type is
 * stored as it is, and downloaded, never displayed.
 */
export interface AttachmentType {
  /** What is wrong with the data, by field: the request is then refused with 400. */
  validate?(data: AttachmentData, context: SavingContext): Awaitable<FieldErrors | null>;
  /** The data as it is to be stored. */
  preSave?(data: AttachmentData, context: SavingContext): Awaitable<AttachmentData>;
  /** A picture of which a thumbnail is made. */
  thumbnail?(data: AttachmentData, context: SavingContext): Awaitable<Uint8Array | null>;
  /** Its address; called each time that it is shown. `shown.src` is what it would be. */
  src?(shown: Attachment, context: ShowingContext): string | null;
  /** The thumbnail and its address; called each time that it is shown. */
  thumbnailOf?(shown: Attachment, context: ShowingContext): Thumbnail | null;
}

export const HOOKS: readonly (keyof AttachmentType)[] = [
  "validate",
  "preSave",
  "thumbnail",
  "src",
  "thumbnailOf",
];

type Awaitable<Value> = Value | Promise<Value>;

export type AttachmentTypes = { [type: string]: AttachmentType };

export const BUILT_IN_TYPES: readonly string[] = ["image", "youtube", "object_reference"];

/** The type of the host's own of this name. */
export function ownType(types: AttachmentTypes, name: string): AttachmentType | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined;
}
