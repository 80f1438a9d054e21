import { element } from "./element.js";

/** How a question is answered: a form, or buttons. `submit` takes what is posted. */
export function answerTo(question, submit) {
  const form = FORMS[question.type] ?? line("text");
  return form(question, submit);
}

const FORMS = {
  choice,
  multichoice,
  range,
  control: (_question, submit) =>
    element(
      "div",
      { className: "options" },
      button("Confirm", () => submit({}), "primary"),
    ),
  text: line("text"),
  int: line("number", { step: "1", inputMode: "numeric" }),
  float: line("number", { step: "any", inputMode: "decimal" }),
  date: line("date"),
  time: line("time"),
  datetime: line("datetime-local"),
};

function choice(question, submit) {
  const own = ownWords(question);
  const options = question.answers.map((answer) =>
    button(answer.text, () => submit({ answers: [answer.id], ...textOf(own) })),
  );
  return element("div", { className: "asked" }, own, element("div", { className: "options" }, ...options));
}

function multichoice(question, submit) {
  const own = ownWords(question);
  const boxes = question.answers.map((answer) => {
    const box = element("input", { type: "checkbox", value: String(answer.id) });
    box.addEventListener("change", () => standAlone(boxes, question.answers, answer, box));
    return box;
  });
  const labels = boxes.map((box, index) =>
    element("label", { className: "option" }, box, question.answers[index].text),
  );
  const chosen = () => boxes.filter((box) => box.checked).map((box) => Number(box.value));
  return form(
    () => submit({ answers: chosen(), ...textOf(own) }),
    [
      element("div", { className: "options" }, ...labels),
      element(
        "div",
        { className: "row" },
        own,
        element("button", { className: "primary", textContent: "Answer" }),
      ),
    ],
  );
}

/** An exclusive option takes the others out, and they it. */
function standAlone(boxes, answers, changed, box) {
  if (!box.checked) return;
  boxes.forEach((other, index) => {
    if (other !== box && (changed.exclusive || answers[index].exclusive)) other.checked = false;
  });
}

function range({ range_from, range_to }, submit) {
  const isWhole = Number.isInteger(range_from) && Number.isInteger(range_to);
  const slider = element("input", {
    type: "range",
    min: String(range_from),
    max: String(range_to),
    step: isWhole ? "1" : "any",
    ariaLabel: "Your answer",
  });
  slider.value = String((range_from + range_to) / 2);
  const shown = element("output", { textContent: slider.value });
  slider.addEventListener("input", () => {
    shown.textContent = slider.value;
  });
  return form(
    () => submit({ text: slider.value }),
    [
      element("div", { className: "slider" }, String(range_from), slider, String(range_to), shown),
      element(
        "div",
        { className: "row" },
        element("button", { className: "primary", textContent: "Answer" }),
      ),
    ],
  );
}

/** An input of one line. */
function line(type, more = {}) {
  return (_question, submit) => {
    const input = element("input", { type, ...more, required: true, ariaLabel: "Your answer" });
    return form(
      () => submit({ text: input.value }),
      [
        element(
          "div",
          { className: "row" },
          input,
          element("button", { className: "primary", textContent: "Answer" }),
        ),
      ],
    );
  };
}

function ownWords({ choice_open }) {
  if (!choice_open) return null;
  const placeholder = "In your own words, beside a choice";
  return element("input", { type: "text", className: "words", placeholder, ariaLabel: placeholder });
}

function textOf(own) {
  return own === null ? {} : { text: own.value };
}

function button(text, onclick, className = "") {
  return element("button", { type: "button", textContent: text, className, onclick });
}

function form(onSubmit, children) {
  const made = element("form", { className: "asked" }, ...children);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    onSubmit();
  });
  return made;
}
