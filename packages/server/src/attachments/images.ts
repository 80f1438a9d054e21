import { texts } from "@colloquy/protocol";
import type { Metadata, Sharp } from "sharp";
import { openGate } from "../realtime/gate.ts";
import { mediaTypeOf } from "./mediaType.ts";

/** What a picture may be. */
export interface ImageLimits {
  maxPixels: number;
  imageTypes: readonly string[];
  /** Longest side of a thumbnail. */
  thumbnailSize: number;
}

export interface Picture {
  bytes: Buffer;
  media_type: string;
  width: number;
  height: number;
}

/** A picture as it is stored, and its thumbnail. */
export interface Pictures {
  content: Picture;
  thumbnail: Picture;
}

/** A picture that is refused, and why. */
export class BadImage extends Error {}

/** The formats that are read at all: none of them can refer to anything outside of the file. */
const FORMATS: Record<string, string> = {
  "image/jpeg": "jpeg",
  "image/png": "png",
  "image/gif": "gif",
  "image/webp": "webp",
};
export const IMAGE_TYPES: readonly string[] = Object.keys(FORMATS);

/** Seconds for which one picture may keep a thread busy. */
const TIMEOUT = 20;
/** Pictures at the same time: each may take hundreds of megabytes, and a thread of those that read files, too. */
const gate = openGate(2);

/**
 * Reads a picture and writes it anew, so that nothing is left in it but the picture: no place or time where it was
 * taken, and nothing that another program would read into its bytes. It stands upright, and what moves goes on moving.
 *
 * @throws BadImage
 */
export function readPictures(source: string | Buffer, limits: ImageLimits): Promise<Pictures> {
  return gate(async () => {
    const media_type = await mediaTypeOf(source);
    const format = media_type === null ? undefined : FORMATS[media_type];
    if (media_type === null || format === undefined || !limits.imageTypes.includes(media_type))
      throw new BadImage(texts.INCORRECT_TYPE);
    // Who never gets a picture need not load what reads them.
    const { default: sharp } = await import("sharp");
    const open = (options: object = {}) =>
      sharp(source, { limitInputPixels: limits.maxPixels, failOn: "error", ...options }).timeout({
        seconds: TIMEOUT,
      });
    const facts = await orBad(sharp(source, { limitInputPixels: false, animated: true }).metadata());
    if (facts.format !== format) throw new BadImage(texts.INCORRECT_TYPE);
    if (facts.width * facts.height > limits.maxPixels) throw new BadImage(texts.TOO_MANY_PIXELS);
    const isAnimated = (facts.pages ?? 1) > 1;
    const content = await written(
      isAnimated ? open({ animated: true }) : open().autoOrient(),
      facts,
      media_type,
    );
    const small = { fit: "inside", withoutEnlargement: true } as const;
    const side = limits.thumbnailSize;
    const thumbnailType = media_type === "image/jpeg" ? media_type : "image/png";
    const resized = open({ pages: 1 }).autoOrient().resize(side, side, small);
    return { content, thumbnail: await written(resized, {}, thumbnailType) };
  });
}

/** As a thumbnail alone. @throws BadImage */
export async function readThumbnail(source: Buffer, limits: ImageLimits): Promise<Picture> {
  return (await readPictures(source, limits)).thumbnail;
}

async function written(
  image: Sharp,
  { pageHeight }: Partial<Metadata>,
  media_type: string,
): Promise<Picture> {
  const { data, info } = await orBad(encoded(image, media_type).toBuffer({ resolveWithObject: true }));
  return { bytes: data, media_type, width: info.width, height: info.pageHeight ?? pageHeight ?? info.height };
}

function encoded(image: Sharp, media_type: string): Sharp {
  if (media_type === "image/jpeg") return image.jpeg({ quality: 90 });
  if (media_type === "image/png") return image.png();
  if (media_type === "image/gif") return image.gif();
  return image.webp({ quality: 90 });
}

/** What libvips cannot read to the end is no picture. */
async function orBad<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    throw new BadImage(texts.INCORRECT_TYPE, { cause: error });
  }
}
