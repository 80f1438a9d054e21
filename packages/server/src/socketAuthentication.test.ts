import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { checkSettings } from "./checkSettings.ts";
import type { Caller } from "./policies/caller.ts";
import { socketAuthentication } from "./socketAuthentication.ts";

setFlagsFromString("--expose_gc");
const collectGarbage: () => void = runInNewContext("gc");

const USER: Caller = { id: 2, isSuperuser: false, language: null, timeZone: null };

test("a socket does not keep the request that opened it", async () => {
  const whoAsks = socketAuthentication(
    checkSettings(),
    { issue: async () => "", ticket: async () => "", readTicket: async () => null },
    async () => USER,
    async () => USER,
    () => false,
  );
  const open = async () => {
    const request = { url: "/ws", headers: {}, socket: {} } as IncomingMessage;
    return { who: await whoAsks(request), request: new WeakRef(request) };
  };
  const { who, request } = await open();
  // What was awaited is let go a turn later.
  await sleep(0);
  collectGarbage();
  expect(request.deref()).toBe(undefined);
  expect(await who!.renew!()).toEqual(USER);
});
