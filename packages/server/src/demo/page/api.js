/** A refused request; `lines` is what to tell. */
export class Refused extends Error {
  constructor(status, body) {
    const lines = linesOf(body);
    super(lines.length > 0 ? lines.join(" · ") : `The server answers ${status}.`);
  }
}

function linesOf(body) {
  if (typeof body === "string") return [WORDS[body] ?? body];
  return Object.values(body ?? {}).flatMap(linesOf);
}

const WORDS = {
  REQUIRED: "Please answer.",
  WRONG_VALUE: "That is not a possible answer.",
  TOO_MANY: "Choose only one.",
  EXCLUSIVE: "One of these stands alone.",
  TOO_LONG: "That is too long.",
  ALREADY_ANSWERED: "That was answered already.",
};

/** The API as one person calls it. */
export function apiAs(user, prefix) {
  async function call(method, path, body) {
    const response = await fetch(prefix + path, {
      method,
      headers: {
        "x-user-id": String(user),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = text === "" ? null : JSON.parse(text);
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  }
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}

const LONGEST_PAUSE = 10_000;

/** A socket that comes back when it is lost. `isOpen` is told at each change; answers how to send. */
export function connect(api, { onFrame, isOpen }) {
  let socket = null;
  let pause = 500;

  async function open() {
    const { token } = await api.post("/ws-ticket");
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws?token=${encodeURIComponent(token)}`);
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.message === "hello") {
        pause = 500;
        isOpen(true);
      } else onFrame(frame);
    };
    socket.onclose = retry;
  }

  function retry() {
    isOpen(false);
    setTimeout(() => open().catch(retry), pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  open().catch(retry);
  return (message, data) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ message, data }));
  };
}
