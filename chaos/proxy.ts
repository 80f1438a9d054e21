import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { answerTo } from "./child.ts";
import { type Condition, carry, openWeather, type Weather } from "./weather.ts";

/** The network between the processes of a run: every connection goes through here. */
export interface ProxyQuestions {
  /** A new route to a port of this machine; answers the port at which it begins. */
  open(name: string, target: number): Promise<number>;
  become(name: string, condition: Condition): void;
}

const routes = new Map<string, Weather>();

answerTo<ProxyQuestions>({
  async open(name, target) {
    const weather = openWeather();
    routes.set(name, weather);
    const server = createServer({ allowHalfOpen: true }, async (near) => {
      near.on("error", () => {});
      if (weather.condition === "reset") return void near.resetAndDestroy();
      weather.connections.add(near);
      near.on("close", () => weather.connections.delete(near));
      await weather.passable();
      if (near.destroyed) return;
      const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
      // A node that has just been killed refuses: so does the route.
      far.once("error", () => near.resetAndDestroy());
      far.once("connect", () => {
        // Where nobody listens, a connection may get the very port that it asks for, and meet itself.
        if (far.localPort === target) far.destroy();
      });
      carry(near, far, weather);
      carry(far, near, weather);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  },
  become(name, condition) {
    routes.get(name)!.become(condition);
  },
});
