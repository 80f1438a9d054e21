import { readFile } from "node:fs/promises";
import { ApiError, type FieldErrors, refused, texts } from "@colloquy/protocol";
import type { NewAttachment } from "../conversation/change/threadChange.ts";
import type { AttachmentRow } from "../conversation/view/attachment.ts";
import type { Received } from "../storage/incoming.ts";
import type { SentAttachment } from "./fields.ts";
import { discardFiles, type FileDeps, storeFile } from "./files.ts";
import { BadImage, type ImageLimits, type Picture, readPictures, readThumbnail } from "./images.ts";
import { mediaTypeOf } from "./mediaType.ts";
import { fileOf } from "./show.ts";
import {
  type AttachmentData,
  type AttachmentTypes,
  BUILT_IN_TYPES,
  ownType,
  type SavingContext,
} from "./types.ts";

/** What it takes to make attachments of what was sent. */
export interface PrepareDeps extends FileDeps {
  settings: { attachments: ImageLimits & { maxBytes: number; types: AttachmentTypes } };
}

/** What comes with what was sent. */
export interface Sending extends SavingContext {
  /** The files of the request, by their hash. */
  uploads: ReadonlyMap<string, Received>;
  /** What is changed, as stored. */
  stored: AttachmentRow | null;
}

/** Attachments whose files are in the storage, but attached to nothing. */
export interface Prepared {
  attachments: NewAttachment[];
  /** To be called once it is sure that they never will be. */
  discard(): Promise<void>;
}

/** The files of those are kept that a change attaches. @throws ApiError with what is wrong, by the place of each */
export async function prepareAll(
  deps: PrepareDeps,
  all: readonly SentAttachment[],
  sending: Sending,
): Promise<Prepared | { problems: FieldErrors[] }> {
  const files: number[] = [];
  const discard = () => discardFiles(deps, files);
  const attachments: NewAttachment[] = [];
  const problems: FieldErrors[] = [];
  try {
    for (const sent of all) {
      const made = await prepareOne(deps, sent, sending, files);
      if ("problems" in made) problems.push(made.problems);
      else {
        problems.push({});
        attachments.push(made);
      }
    }
  } catch (error) {
    await discard();
    throw error;
  }
  if (problems.every((each) => Object.keys(each).length === 0)) return { attachments, discard };
  await discard();
  return { problems };
}

type Made = NewAttachment | { problems: FieldErrors };

async function prepareOne(
  deps: PrepareDeps,
  sent: SentAttachment,
  sending: Sending,
  files: number[],
): Promise<Made> {
  const { types } = deps.settings.attachments;
  const type = sent.type || sending.stored?.type || "";
  const problems = fieldProblems(types, { ...sent, type });
  if (Object.keys(problems).length > 0) return { problems };
  const own = ownType(types, type);
  const source = sourceOf(deps, sent, sending.uploads);
  if (source !== null && "problems" in source) return source;
  const data = dataOf(type, sent, sending.stored, source === null ? null : await fileFrom(source));
  try {
    if (own !== undefined) return await prepareOwn(deps, data, sending, source, files);
    if (type === "image") return await prepareImage(deps, data, sending.stored, source, files);
    return prepareReference(data);
  } catch (error) {
    if (error instanceof BadImage) return { problems: { non_field_errors: [error.message] } };
    throw error;
  }
}

/** A file as it came: on the disk, or with the request. */
type Source = { path: string; size: number } | { bytes: Buffer };

function sourceOf(
  { settings }: PrepareDeps,
  { file_content, file, content }: SentAttachment,
  uploads: Sending["uploads"],
): Source | { problems: FieldErrors } | null {
  const { maxBytes } = settings.attachments;
  const upload = file ? uploads.get(file) : undefined;
  if (upload !== undefined) return upload;
  if (content !== undefined) return { bytes: withinLimit(Buffer.from(content), maxBytes) };
  if (!file_content) return null;
  const text = file_content.replace(/^data:[^,]*;base64,/, "").replace(/\s/g, "");
  if (!isBase64(text)) return { problems: { file_content: [texts.NOT_BASE64] } };
  return { bytes: withinLimit(Buffer.from(text, "base64"), maxBytes) };
}

function withinLimit(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw refused(413, texts.fileTooLarge);
  return bytes;
}

function isBase64(text: string): boolean {
  const length = text.replace(/={1,2}$/, "").length;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && length % 4 !== 1;
}

/** What is wrong with an attachment by what was sent alone: nothing is read or stored to tell that. */
export function fieldProblems(types: AttachmentTypes, { type, url, object_id }: SentAttachment): FieldErrors {
  if (!type) return { type: [texts.REQUIRED] };
  const isKnown = BUILT_IN_TYPES.includes(type) || ownType(types, type) !== undefined;
  return {
    ...(isKnown ? {} : { type: [texts.invalidChoice(type)] }),
    ...(url && !isWebAddress(url) ? { url: [texts.INCORRECT_TYPE] } : {}),
    ...(isObjectId(object_id) ? {} : { object_id: [texts.integer] }),
  };
}

/** A form sends digits. */
function isObjectId(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return ["number", "string"].includes(typeof value) && Number.isSafeInteger(Number(value));
}

/** Anything else could run in the page that shows it. */
function isWebAddress(url: string): boolean {
  return ["http:", "https:"].includes(URL.parse(url)?.protocol ?? "");
}

async function fileFrom(source: Source): Promise<AttachmentData["file"]> {
  if ("bytes" in source) {
    const { bytes } = source;
    return { size: bytes.length, media_type: await mediaTypeOf(bytes), bytes: async () => bytes };
  }
  const { path, size } = source;
  return { size, media_type: await mediaTypeOf(path), bytes: () => readFile(path) };
}

/** What is not sent stays as it is. */
function dataOf(
  type: string,
  sent: SentAttachment,
  stored: AttachmentRow | null,
  file: AttachmentData["file"],
): AttachmentData {
  const { object_id = stored?.object_id ?? null } = sent;
  return {
    type,
    title: (sent.title === undefined ? stored?.title : sent.title) ?? "",
    description: (sent.description === undefined ? stored?.description : sent.description) ?? "",
    url: (sent.url === undefined ? stored?.src : sent.url) || null,
    options: (sent.options === undefined ? stored?.options : sent.options) ?? null,
    object_id: object_id === null || object_id === "" ? null : Number(object_id),
    content_type: (sent.content_type === undefined ? stored?.content_type : sent.content_type) ?? null,
    file,
  };
}

function prepareReference({ type, url, file: _file, ...data }: AttachmentData): Made {
  const isYoutube = type === "youtube";
  const problems: FieldErrors = {};
  if (isYoutube && url === null) problems.url = [texts.REQUIRED];
  if (!isYoutube && data.object_id === null) problems.object_id = [texts.REQUIRED];
  if (!isYoutube && data.content_type === null) problems.content_type = [texts.REQUIRED];
  if (Object.keys(problems).length > 0) return { problems };
  return { ...data, type, src: url, files: [] };
}

async function prepareImage(
  deps: PrepareDeps,
  { url: _url, file: _file, ...data }: AttachmentData,
  stored: AttachmentRow | null,
  source: Source | null,
  files: number[],
): Promise<Made> {
  if (source === null) {
    const isImage = stored?.type === "image" && fileOf(stored, "content") !== undefined;
    if (!isImage) return { problems: { file_content: [texts.REQUIRED] } };
    return { ...data, src: null, files: stored.files };
  }
  const { content, thumbnail } = await readPictures(
    "bytes" in source ? source.bytes : source.path,
    deps.settings.attachments,
  );
  const kept = [
    await keepPicture(deps, "content", content, files),
    await keepPicture(deps, "thumbnail", thumbnail, files),
  ];
  return { ...data, src: null, files: kept };
}

async function prepareOwn(
  deps: PrepareDeps,
  sent: AttachmentData,
  { uploads: _uploads, stored, ...context }: Sending,
  source: Source | null,
  files: number[],
): Promise<Made> {
  const hooks = ownType(deps.settings.attachments.types, sent.type)!;
  const problems = (await hooks.validate?.(sent, context)) ?? {};
  if (Object.keys(problems).length > 0) return { problems };
  const data = (await hooks.preSave?.(sent, context)) ?? sent;
  const picture = (await hooks.thumbnail?.(data, context)) ?? null;
  const { url, file, ...rest } = data;
  const kept: NewAttachment["files"] = [];
  if (file !== null && source !== null) {
    const bytes = Buffer.from(await file.bytes());
    const media_type = file.media_type ?? "application/octet-stream";
    kept.push(await keepPicture(deps, "content", { bytes, media_type, width: null, height: null }, files));
  } else if (stored?.type === data.type) kept.push(...stored.files.filter(({ role }) => role === "content"));
  if (picture !== null) {
    const thumbnail = await readThumbnail(Buffer.from(picture), deps.settings.attachments);
    kept.push(await keepPicture(deps, "thumbnail", thumbnail, files));
  }
  return { ...rest, type: sent.type, src: url, files: kept };
}

async function keepPicture(
  deps: FileDeps,
  role: "content" | "thumbnail",
  { bytes, ...about }: Omit<Picture, "width" | "height"> & { width: number | null; height: number | null },
  files: number[],
): Promise<NewAttachment["files"][number]> {
  const id = await storeFile(deps, bytes);
  files.push(id);
  return { id, role, size: bytes.length, ...about };
}

/**
 * Does what attaches them, and discards their files where it is sure that it did not: it was refused, or came to nothing.
 * Where that is not sure, since the database did not answer, the files are left to the sweep.
 */
export async function unlessRefused<Result>(
  { attachments, discard }: Prepared,
  work: (attachments: NewAttachment[]) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work(attachments);
    if (result === null) await discard();
    return result;
  } catch (error) {
    if (error instanceof ApiError) await discard();
    throw error;
  }
}
