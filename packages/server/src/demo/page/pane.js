import { answerTo } from "./answers.js";
import { apiAs, connect } from "./api.js";
import { element, initialsOf, nameOf } from "./element.js";
import { messageItem, threadItem, titleOf } from "./messages.js";

const ROLLBACK = 2048;
const REOPEN = 4096;
/** A keystroke is told at most so often, and shown for as long. */
const WRITING = 2_500;

const MODES = {
  scripted: "led by a schema",
  scripted_fe_controlled: "led by a front end",
  assisted: "assisted",
  open: "writes freely",
  closed: "closed",
};

/** One person's side of the page: their threads, one of them open, and how they answer in it. */
export async function openPane(root, { id, role, prefix, threadType }) {
  const api = apiAs(id, prefix);
  const part = (name) => root.querySelector(name);
  const threads = new Map();
  let shown = null;
  let messages = new Map();
  let asked = "";
  let isConnected = false;
  let clearing = null;

  const me = await api.get("/accounts/me");
  part("h2").textContent = nameOf(me);
  part(".person .avatar").textContent = initialsOf(me);
  part(".role").textContent = role;

  const send = connect(api, {
    onFrame: receive,
    isOpen(open) {
      isConnected = open;
      part(".connection").textContent = open ? "live" : "connecting…";
      root.classList.toggle("live", open);
      if (open) attempt(load);
    },
  });

  /** Carries something out; what is refused is shown below the composer. */
  async function attempt(work) {
    part(".problem").textContent = "";
    try {
      await work();
    } catch (error) {
      part(".problem").textContent = error.message;
    }
  }

  async function load() {
    const { results } = await api.get(`/accounts/${id}/threads/${threadType}?limit=100`);
    threads.clear();
    for (const thread of results) threads.set(thread.id, thread);
    if (!threads.has(shown)) shown = results[0]?.id ?? null;
    if (shown !== null && isSeen()) await show(shown);
    else draw();
  }

  async function show(thread) {
    if (thread !== shown) part(".writing").textContent = "";
    shown = thread;
    const page = await api.get(`/threads/${thread}/messages?before=${Number.MAX_SAFE_INTEGER}&limit=100`);
    if (shown !== thread) return;
    messages = new Map(page.results.map((message) => [message.id, message]));
    // What is listed is read.
    threads.set(thread, await api.get(`/threads/${thread}`));
    draw();
    toTheEnd();
  }

  function toTheEnd() {
    part(".messages").scrollTop = part(".messages").scrollHeight;
  }

  function receive({ message, data }) {
    if (message === "thread_updated" && data.deleted) return leave(data.id);
    if (message === "thread_updated") threads.set(data.id, data);
    if (message === "unread_changed" && threads.has(data.thread))
      threads.get(data.thread).unread = data.unread;
    if (message === "thread_someone_is_writing" && data.thread === shown) tellWriting(data);
    if (message === "message_created_or_updated") receiveMessage(data);
    if (message === "thread_updated" && shown === null) attempt(() => show(data.id));
    else draw();
  }

  /** Somebody has taken one out of a thread, or one has left it elsewhere. */
  function leave(thread) {
    threads.delete(thread);
    if (thread === shown) attempt(load);
    else draw();
  }

  function receiveMessage({ thread_data, ...message }) {
    if (thread_data !== undefined) threads.set(message.thread, thread_data);
    if (message.thread !== shown) return;
    if (message.deleted) messages.delete(message.id);
    else messages.set(message.id, message);
    if (!message.is_own) part(".writing").textContent = "";
    readShown();
  }

  function isSeen() {
    return root.offsetParent !== null && document.visibilityState === "visible";
  }

  /** What is on the screen is read. */
  function readShown() {
    const thread = threads.get(shown);
    const last = [...messages.keys()].reduce((newest, one) => Math.max(newest, one), 0);
    if (!isSeen() || last === 0 || !thread || thread.unread === 0) return;
    thread.unread = 0;
    draw();
    attempt(() => api.post(`/threads/${shown}/read`, { message: last }));
  }

  function tellWriting({ length, sender_data }) {
    clearTimeout(clearing);
    part(".writing").textContent = `${nameOf(sender_data)} is writing…`;
    clearing = setTimeout(() => {
      part(".writing").textContent = "";
    }, length);
  }

  async function post(draft) {
    const inputs = part(".composer").querySelectorAll("button, input, textarea");
    for (const input of inputs) input.disabled = true;
    await attempt(async () => {
      await api.post(`/threads/${shown}/messages`, draft);
      // With a socket, everything comes by it.
      if (!isConnected) await show(shown);
    });
    for (const input of inputs) input.disabled = false;
    const isRefused = part(".problem").textContent !== "";
    if (!isRefused) for (const box of part(".composer").querySelectorAll("textarea")) box.value = "";
    part(".composer textarea")?.focus();
  }

  function draw() {
    const newest = [...threads.values()].sort((a, b) => newestOf(b) - newestOf(a));
    part(".threads").replaceChildren(
      ...newest.map((thread) =>
        threadItem(thread, thread.id === shown, () => attempt(() => show(thread.id))),
      ),
    );
    const thread = threads.get(shown);
    part(".about h3").textContent = thread ? titleOf(thread) : "No thread yet";
    part(".mode").textContent = thread ? MODES[thread.state] : "";
    part(".rollback").hidden = thread?.state !== "scripted" || (thread.permissions & ROLLBACK) === 0;
    drawMessages();
    drawComposer(thread);
  }

  function drawMessages() {
    const list = part(".messages");
    const inOrder = [...messages.values()].sort((a, b) => a.id - b.id);
    const drawn = JSON.stringify(inOrder);
    if (list.drawn === drawn) return;
    list.drawn = drawn;
    list.replaceChildren(...inOrder.map(messageItem));
    toTheEnd();
  }

  /** Made anew only when something else is asked: what is half written stays. */
  function drawComposer(thread) {
    const asks = thread ? `${shown} ${thread.state} ${thread.question} ${thread.related_message}` : "";
    if (asks === asked) return;
    asked = asks;
    part(".composer").replaceChildren(...(thread ? [composerOf(thread)] : []));
    toTheEnd();
  }

  function composerOf(thread) {
    if (thread.state === "scripted" && thread.question_data)
      return answerTo(thread.question_data, answering(thread));
    if (thread.state === "closed" && (thread.permissions & REOPEN) === 0)
      return element("p", { className: "hint", textContent: "This conversation is closed." });
    return freeText();
  }

  /** Posts an answer to what is on the screen, and to nothing that may be asked meanwhile. */
  function answering({ question, related_message }) {
    return (answer) => post({ ...answer, question, related_message });
  }

  function freeText() {
    const box = element("textarea", {
      rows: 1,
      placeholder: "Write a message",
      ariaLabel: "Message",
      required: true,
    });
    const form = element(
      "form",
      { className: "free" },
      box,
      element("button", { className: "primary", textContent: "Send" }),
    );
    let told = 0;
    box.addEventListener("input", () => {
      if (Date.now() - told < WRITING / 2 || box.value === "") return;
      told = Date.now();
      send("thread_someone_is_writing", { thread: shown, length: WRITING });
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (box.value.trim() !== "") post({ text: box.value });
    });
    return form;
  }

  part(".rollback").addEventListener("click", () =>
    attempt(async () => {
      const thread = await api.post(`/threads/${shown}/rollback`, {});
      threads.set(thread.id, thread);
      draw();
    }),
  );
  const see = () => attempt(async () => shown !== null && isSeen() && (await show(shown)));
  document.addEventListener("visibilitychange", see);

  return { api, attempt, see, show };
}

function newestOf(thread) {
  return thread.last_message_data?.id ?? 0;
}
