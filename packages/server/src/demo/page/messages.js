import { element, initialsOf, nameOf } from "./element.js";

const AUTOMATION = { first_name: "Colloquy" };

/** A message as an item of the list. */
export function messageItem(message) {
  const sender = message.sender === null ? AUTOMATION : message.sender_data;
  const kinds = [
    message.is_own ? "own" : "other",
    message.sender === null ? "automated" : "",
    message.type === "safety_message" ? "safety" : "",
  ];
  return element(
    "li",
    { className: kinds.join(" ") },
    message.is_own
      ? null
      : element("span", { className: "avatar", textContent: initialsOf(sender), ariaHidden: "true" }),
    element(
      "div",
      { className: "bubble" },
      element("p", { textContent: message.text }),
      element(
        "footer",
        {},
        message.is_own ? "" : `${nameOf(sender)} · `,
        element("time", { dateTime: message.created, textContent: clock(message.created) }),
      ),
    ),
  );
}

/** A thread as a line of the list. */
export function threadItem(thread, isShown, onclick) {
  const last = thread.last_message_data;
  return element(
    "button",
    { type: "button", className: "thread", ariaPressed: String(isShown), onclick },
    element("strong", { textContent: titleOf(thread) }),
    thread.unread > 0
      ? element("span", {
          className: "badge",
          textContent: String(thread.unread),
          ariaLabel: `${thread.unread} unread`,
        })
      : null,
    element("span", { className: "last", textContent: last?.text ?? "" }),
  );
}

export function titleOf(thread) {
  return thread.title || `Thread ${thread.id}`;
}

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
