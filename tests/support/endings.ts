import { onTestFinished, TestRunner } from "vitest";

const endings: (() => Promise<void>)[] = [];

/** After the test that is running, else after its file; what was begun last ends first. */
export function atTheEnd(ending: () => Promise<void>): void {
  if (TestRunner.getCurrentTest()) onTestFinished(ending);
  else endings.push(ending);
}

/** Ends what a file has begun outside its tests. */
export async function endAll(): Promise<void> {
  for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) await ending();
}
