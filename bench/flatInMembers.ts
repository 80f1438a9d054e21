import sql from "sql-template-tag";
import { alternating, type Repeated } from "./support/alternating.ts";
import type { Figure } from "./support/figure.ts";
import { addCrowd, addPeople, openRoom, post } from "./support/rooms.ts";
import { loopingSchema } from "./support/schemas.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const FEW = 2;
const MANY = 10_000;

/**
 * What a send costs in a thread of 10,000 members, against one of two. Each has a database of its own: what the
 * planner makes of a crowd would slow down the small thread beside it just as much.
 */
export function flatInMembers(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "members_many", (many) =>
    onStage(bench, "members_few", async (few) => {
      const [large, small] = [await prepare(many, MANY), await prepare(few, FEW)];
      const sizes = `${MANY.toLocaleString("en")} members against ${FEW}`;
      return [
        await alternating(many, {
          measurement: `post text, ${sizes}`,
          large: large.text,
          small: small.text,
        }),
        await alternating(many, {
          measurement: `post answer, ${sizes}`,
          large: large.answer,
          small: small.answer,
        }),
      ];
    }),
  );
}

/** A thread to write to and one to answer in, and the server that has them. */
async function prepare(stage: Stage, members: number): Promise<{ text: Repeated; answer: Repeated }> {
  await addPeople(stage, members);
  const schema = await stage.colloquy.schemas.load(loopingSchema(1));
  const [talk, flow] = [await openRoom(stage, [1, 2]), await openRoom(stage, [1, 2], schema.id)];
  for (const thread of [talk, flow]) await addCrowd(stage, thread, 3, members);
  await stage.db.query(sql`analyze`);
  const { address } = await stage.startServer();
  const answers = [schema.questions[0]!.answers[0]!.id];
  return {
    text: { address, request: await post(stage, talk, 1) },
    answer: { address, request: await post(stage, flow, 1, { answers }) },
  };
}
