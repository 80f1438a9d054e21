import type { UserId } from "@colloquy/protocol";
/** In the order of what happens to the rooms of this process. */
export type Moment = number;

/** Who follows a thread, and when it was last heard that somebody has read there. */
export interface Watched {
  users: readonly UserId[];
  readAt: Moment;
}

/** How a commit found those to whom it is pushed: the thread's revision, and the versions of their rows. */
export interface RowVersions extends Watched {
  revision: number;
  versions: readonly number[];
}
