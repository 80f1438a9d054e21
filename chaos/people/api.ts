import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds until an answer is no longer waited for. */
const PATIENCE = 5_000;
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
/** No fault lasts so long: nobody serves any more. */
const MOST_ATTEMPTS = 100;

/** An answer below 500; its body is looked into without describing it first. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
  /** How often it was asked for. */
  attempts: number;
}

export interface Api {
  /**
   * Asks one node or another until one answers. A 5xx, a broken connection and silence are no answers.
   * @throws the last of these where nobody answers for minutes
   */
  ask(method: string, path: string, body?: object): Promise<Answer>;
  /** Asks once. @throws where there is no answer */
  try(method: string, path: string, body?: object): Promise<Answer>;
}

/** One person's requests to paths below `/api`. */
export function openApi(addresses: readonly string[], token: string): Api {
  async function once(method: string, path: string, body?: object): Promise<Answer> {
    const address = addresses[Math.floor(Math.random() * addresses.length)];
    const response = await fetch(`${address}/api${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE),
      headers: {
        authorization: `Bearer ${token}`,
        date: new Date().toUTCString(),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 500) throw new Error(`${method} ${path} was answered ${response.status}`);
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text), attempts: 1 };
  }

  return {
    try: once,
    async ask(method, path, body) {
      for (let attempts = 1; ; attempts++) {
        try {
          return { ...(await once(method, path, body)), attempts };
        } catch (error) {
          if (attempts === MOST_ATTEMPTS) throw error;
          await sleep(pauseAfter(attempts));
        }
      }
    },
  };
}

/** Milliseconds, so that those who were cut off together do not all come back at once. */
export function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(attempts, 10)) * (0.5 + Math.random());
}
