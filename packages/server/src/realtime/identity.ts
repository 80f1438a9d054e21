import type { Caller } from "../policies/caller.ts";

/** Who opened a socket. */
export interface Authenticated {
  user: Caller;
  /** Who that is now, null for nobody any more; itself null where nothing can or need be asked again. */
  renew: (() => Caller | null | Promise<Caller | null>) | null;
  /** Whether `user` is of now, not of when a ticket was given. */
  isCurrent: boolean;
}

/** Milliseconds that an answer to who somebody is may take: pushes to others may be waiting for it. */
const PATIENCE = 5_000;

/** Who a session's user is, asked again while it lasts. */
export class Identity {
  user: Caller;
  readonly #find: Authenticated["renew"];
  readonly #believed: number;
  readonly #end: (fault: unknown) => void;
  #asked: number;
  #asking: Promise<boolean> | null = null;
  #isOver = false;

  /**
   * @param believed milliseconds for which it is believed who somebody is
   * @param end ends the session: with null where the user is nobody any more, else with the fault
   */
  constructor({ user, renew, isCurrent }: Authenticated, believed: number, end: (fault: unknown) => void) {
    this.user = user;
    this.#find = renew;
    this.#believed = believed;
    this.#end = end;
    this.#asked = isCurrent ? performance.now() : Number.NEGATIVE_INFINITY;
  }

  /** Whether it is time to ask again who the user is, before anything is done by their rights. */
  isDue(): boolean {
    return this.#find !== null && (this.#isOver || performance.now() - this.#asked >= this.#believed);
  }

  /** Asks again. False where the session has ended over it: who is nobody any more, or cannot be told. */
  async renew(): Promise<boolean> {
    if (this.#find === null) return true;
    if (this.#isOver) return false;
    this.#asking ??= this.#ask(this.#find);
    return this.#asking;
  }

  async #ask(find: NonNullable<Authenticated["renew"]>): Promise<boolean> {
    const at = performance.now();
    try {
      const found = await inTime(find());
      if (found?.id !== this.user.id) return this.#over(null);
      this.user = found;
      this.#asked = at;
      return true;
    } catch (error) {
      return this.#over(error);
    } finally {
      this.#asking = null;
    }
  }

  #over(fault: unknown): false {
    this.#isOver = true;
    this.#end(fault);
    return false;
  }
}

async function inTime<T>(answer: T | Promise<T>): Promise<T> {
  if (!(answer instanceof Promise)) return answer;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("Looking up the user took too long")), PATIENCE);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** An ordinary member's rights are those of their membership, which every push looks at; a superuser's are their own. */
const isSuperuser = ({ user }: Identity) => user.isSuperuser;

/**
 * Those of some who are still somebody, once it is known again who they are: of all, or by default of superusers.
 * Mostly nothing has to be asked, and then nothing is waited for.
 */
export function known<T>(
  all: readonly T[],
  identityOf: (one: T) => Identity,
  concerns: (identity: Identity) => boolean = isSuperuser,
): readonly T[] | Promise<readonly T[]> {
  const isDue = (identity: Identity) => concerns(identity) && identity.isDue();
  if (!all.some((one) => isDue(identityOf(one)))) return all;
  const asked = all.map((one) => !isDue(identityOf(one)) || identityOf(one).renew());
  return Promise.all(asked).then((stay) => all.filter((_, index) => stay[index]));
}

/**
 * Whose all these sessions of one user are; null where there is none. A superuser counts as one only where all of them
 * say so: what is the same for all of them must not show more than one of them may see.
 */
export async function userOf(sessions: Iterable<{ identity: Identity }>): Promise<Caller | null> {
  const present = await known([...sessions], ({ identity }) => identity);
  const users = present.map(({ identity }) => identity.user);
  return users.find(({ isSuperuser }) => !isSuperuser) ?? users[0] ?? null;
}
