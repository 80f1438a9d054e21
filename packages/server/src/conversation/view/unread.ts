/**
 * What is unread, as SQL over message `x` and member `m`. A member's unread states are kept without a row for each:
 * `seen` holds the ranges of what was read, and of what was said before the member came or while they were not to be
 * told of unread messages; while they are not, nothing behind `muted_from` counts. One's own never does.
 */
export const COUNTS = `(x.sender_id is distinct from m.user_id and x.seq <= coalesce(m.muted_from, x.seq)
  and not x.seq <@ m.seen)`;

/** For a reader who is no member, so that there is no `m`, everything is read. */
export const IS_READ = `(m.user_id is null or not ${COUNTS})`;

/** The last message of the first range: nothing up to it can count. */
export const FIRST_GAP =
  "coalesce((select upper(r) - 1 from unnest(m.seen) r where lower(r) <= 1 limit 1), 0)";

/**
 * Of the messages that count, those in `m.unread`: the count as of the message `unread_seq` and the deletion
 * `unread_epoch`. It still holds what was deleted since, which whoever reads the count takes off.
 */
export const IS_STORED = `(x.seq <= m.unread_seq and (x.deletion is null or x.deletion > m.unread_epoch))`;

/** Of these, the ones to take off. */
export const IS_GONE = "(x.seq <= m.unread_seq and x.deletion > m.unread_epoch)";

/** What counts beside them. */
export const IS_NEWER = "(x.seq > m.unread_seq and x.deleted is null)";
