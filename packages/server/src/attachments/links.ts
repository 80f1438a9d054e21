import { createHmac, timingSafeEqual } from "node:crypto";
import type { UserId } from "@colloquy/protocol";
import type { Viewer } from "../conversation/view/visibility.ts";

/** Links to files. Whoever has one may follow it in its viewer's name, for minutes, and only while they still may see it. */
export interface Links {
  to(file: number, viewer: Viewer): string;
  /** Whose link it is; null where it is none of ours, or too old. */
  read(file: number, query: Readonly<Record<string, string>>): Viewer | null;
}

/** Seconds. A link lives for one to two of them, so that what is shown again in between looks the same. */
const WINDOW = 150;

/** @param path that links begin with */
export function openLinks(secret: string, path: string, readId: (text: string) => UserId | null): Links {
  // A signature of ours for anything else must not open a file.
  const key = createHmac("sha256", secret).update("colloquy: files").digest();
  const sign = (file: number, viewer: string, rights: string, expires: string) =>
    createHmac("sha256", key)
      .update(JSON.stringify([file, viewer, rights, expires]))
      .digest("base64url");
  return {
    to(file, { id, isSuperuser }) {
      const expires = String((Math.ceil(Date.now() / 1_000 / WINDOW) + 1) * WINDOW);
      const [viewer, rights] = [String(id), isSuperuser ? "all" : "own"];
      const signature = sign(file, viewer, rights, expires);
      return `${path}/${file}?${new URLSearchParams({ viewer, rights, expires, signature })}`;
    },
    read(file, { viewer = "", rights = "", expires = "", signature = "" }) {
      const [ours, theirs] = [Buffer.from(sign(file, viewer, rights, expires)), Buffer.from(signature)];
      if (ours.length !== theirs.length || !timingSafeEqual(ours, theirs)) return null;
      const id = readId(viewer);
      if (id === null || Number(expires) * 1_000 <= Date.now()) return null;
      return { id, isSuperuser: rights === "all" };
    },
  };
}
