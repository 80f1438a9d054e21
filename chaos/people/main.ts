import "./clock.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { answerTo } from "../child.ts";
import type { DeviceLedger, Post } from "../ledger.ts";
import type { Person, Setting } from "../setting.ts";
import { openApi } from "./api.ts";
import { setClock } from "./clock.ts";
import { type Counts, type Device, openDevice } from "./device.ts";
import { type Habits, startHabits } from "./habits.ts";

/** What a process of clients is asked. */
export interface PeopleQuestions {
  /** Lets people open their devices. */
  open(people: readonly Person[], addresses: readonly string[]): void;
  /** They write, read and drop their connections from now on. */
  begin(threads: Setting["threads"]): void;
  /** Sets the clock wrong by so many hours. */
  setClock(hours: number): void;
  /** One person's devices read nothing any more on connections that they have just made, or go on reading. */
  stopReading(person: number): Promise<void>;
  readOn(person: number): void;
  /** One person posts so many long messages to a thread, several at once. */
  flood(person: number, thread: number, count: number): Promise<void>;
  /** They keep still, once all that they began is acknowledged. */
  stop(): Promise<void>;
  /** How many devices are not up to date, and how many messages all were told of. */
  state(): { down: number; told: number };
  collect(): Collected;
}

export interface Collected {
  posts: Post[];
  refusals: string[];
  devices: { ledger: DeviceLedger; counts: Counts }[];
}

/** What makes a push some 160 kB long: it shows the message, and the thread with its newest message. */
const LONG = { text: "話".repeat(9_900), meta: { filler: "x".repeat(50_000) } };
const AT_ONCE = 4;

interface Living {
  person: Person;
  devices: Device[];
  habits: Habits | null;
}

const people = new Map<number, Living>();
let addresses: readonly string[] = [];

const devices = () => [...people.values()].flatMap((one) => one.devices);
const habits = () => [...people.values()].flatMap((one) => one.habits ?? []);

answerTo<PeopleQuestions>({
  open(given, where) {
    addresses = where;
    for (const person of given) {
      const api = openApi(addresses, person.token);
      const names = Array.from({ length: person.devices }, (_, n) => `person ${person.id} device ${n + 1}`);
      const own = names.map((name) => openDevice(person, name, addresses, api));
      people.set(person.id, { person, devices: own, habits: null });
    }
  },
  begin(threads) {
    for (const one of people.values()) {
      const { id, token, isSteady } = one.person;
      const writes = threads.filter(({ members }) => members.includes(id)).map((thread) => thread.id);
      const api = openApi(addresses, token);
      one.habits = startHabits({ person: id, api, devices: one.devices, writes, isSteady });
    }
  },
  setClock,
  async stopReading(person) {
    // The system keeps more for a connection that has read much.
    const stop = async (device: Device) => {
      device.drop(false);
      for (let tries = 0; tries < 100 && !device.isUp(); tries++) await sleep(50);
      device.read(false);
    };
    await Promise.all(people.get(person)!.devices.map(stop));
  },
  readOn(person) {
    for (const device of people.get(person)!.devices) device.read(true);
  },
  async flood(person, thread, count) {
    const { habits } = people.get(person)!;
    let left = count;
    const lane = async () => {
      while (left-- > 0) await habits!.post(thread, LONG.text, LONG.meta);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  },
  async stop() {
    await Promise.all(habits().map((one) => one.stop()));
    // What they sent over their sockets is not answered.
    await sleep(100);
  },
  state() {
    const down = devices().filter((device) => !device.isUp()).length;
    return { down, told: devices().reduce((sum, { ledger }) => sum + ledger.told.length, 0) };
  },
  collect: () => ({
    posts: habits().flatMap(({ posts }) => posts),
    refusals: habits().flatMap(({ refusals }) => refusals),
    devices: devices().map(({ ledger, counts }) => ({ ledger, counts })),
  }),
});
