/** Milliseconds: who is no superuser any more is none within this time. */
const RIGHTS_REMEMBERED = 5_000;

/** Milliseconds for which it is believed what somebody was found to be. */
export function rightsBelieved({ cacheSeconds }: { cacheSeconds: number }): number {
  return Math.min(cacheSeconds * 1_000, RIGHTS_REMEMBERED);
}
