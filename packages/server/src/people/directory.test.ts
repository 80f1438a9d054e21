import { Type } from "typebox";
import { beforeEach, expect, test, vi } from "vitest";
import { openDirectory } from "./directory.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  return () => vi.useRealTimers();
});

const shape = Type.Object({ id: Type.Integer(), name: Type.String() });
const settle = () => new Promise(setImmediate);

test("a text is not kept longer than each account in it, nor beyond its being forgotten", async () => {
  let name = "old";
  let isSlow = false;
  const answered = Promise.withResolvers<void>();
  const directory = openDirectory(
    async (ids) => {
      const found = ids.map((id) => ({ id, name }));
      if (isSlow && ids.includes(2)) await answered.promise;
      return found as never;
    },
    { shape, cacheSeconds: 1, ids: "integer" },
  );
  await directory.find([1]);
  vi.advanceTimersByTime(750);
  [isSlow, name] = [true, "new"];
  const ids = [2, 1];
  const writing = directory.showAsText(ids);
  await settle();
  vi.advanceTimersByTime(200);
  await directory.find([1]);
  answered.resolve();
  expect(await writing).toContain("old");
  vi.advanceTimersByTime(100);
  expect(await directory.showAsText(ids)).toBe('[{"id":2,"name":"new"},{"id":1,"name":"new"}]');
  name = "newest";
  directory.forget(1);
  expect(await directory.showAsText(ids)).toBe('[{"id":2,"name":"new"},{"id":1,"name":"newest"}]');
});
