import sql from "sql-template-tag";
import { alternating } from "./support/alternating.ts";
import type { Figure } from "./support/figure.ts";
import { addCrowd, addPeople, openRoom, post } from "./support/rooms.ts";
import { loopingSchema } from "./support/schemas.ts";
import { type Bench, onStage, type Stage } from "./support/stage.ts";

const MOST = 1.2;
const CROWD = 10_000;
const ROOMS = 4;

/** What a send costs in threads of 10,000 members, against threads of two. */
export function flatInMembers(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "members", async (stage) => {
    await addPeople(stage, CROWD);
    const schema = await stage.colloquy.schemas.load(loopingSchema(1));
    const option = schema.questions[0]!.answers[0]!.id;
    const [texts, answers] = [await rooms(stage, null), await rooms(stage, schema.id)];
    await stage.db.query(sql`analyze`);
    const { address } = await stage.startServer();
    const compare = async (kind: string, { large, small }: Rooms, body?: object) =>
      alternating(stage, address, MOST, {
        measurement: `${kind}, ${CROWD.toLocaleString("en")} members against 2`,
        large: await Promise.all(large.map((thread) => post(stage, thread, 1, body))),
        small: await Promise.all(small.map((thread) => post(stage, thread, 1, body))),
      });
    return [await compare("post text", texts), await compare("post answer", answers, { answers: [option] })];
  });
}

interface Rooms {
  large: number[];
  small: number[];
}

async function rooms(stage: Stage, schema: number | null): Promise<Rooms> {
  const opened: Rooms = { large: [], small: [] };
  for (let n = 0; n < ROOMS; n++) {
    opened.small.push(await openRoom(stage, [1, 2], schema));
    const large = await openRoom(stage, [1, 2], schema);
    await addCrowd(stage, large, 3, CROWD);
    opened.large.push(large);
  }
  return opened;
}
