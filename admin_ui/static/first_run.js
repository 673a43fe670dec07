// The guide on the first day: reads along while orders are read, shows what the chosen segments would do, switches them on.

import { ask } from "./ask.js";
import { say, sayMany } from "./texts.js";

// What each step is in each state of the guide.
const STEPS = {
  importing: { import: "now", choose: "later", preview: "later", switch: "later" },
  ready: { import: "done", choose: "now", preview: "now", switch: "now" },
  writing: { import: "done", choose: "done", preview: "done", switch: "now" },
  finished: { import: "done", choose: "done", preview: "done", switch: "done" },
};

export function connectGuide(guide, onStatus) {
  const boxes = [...guide.querySelectorAll("s-checkbox")];
  const place = (name) => document.querySelector(`[data-shows=${name}]`);
  const outlook = guide.querySelector("#outlook");
  const again = guide.querySelector("#count-again");
  const button = guide.querySelector("#ask-switch-on");
  let asked = 0;

  const chosen = () => boxes.filter((box) => box.checked).map((box) => Number(box.value));

  async function count() {
    const question = (asked += 1);
    button.disabled = true;
    again.hidden = true;
    outlook.textContent = say("Counting …");
    try {
      const found = await ask(guide.dataset.preview, { method: "POST", body: { bits: chosen() } });
      if (question === asked) show(found);
    } catch {
      if (question !== asked) return;
      outlook.textContent = say("We could not be reached. Nothing was changed.");
      again.hidden = false;
    }
  }

  function show({ ready, segments, tagged, customers }) {
    if (!ready) {
      enter(guide, "importing");
      outlook.textContent = say("The numbers appear here when your orders have been read.");
      return;
    }
    if (guide.dataset.state === "importing") enter(guide, "ready");
    for (const segment of segments) showCount(guide, segment);
    const bits = chosen().length;
    const empty = customers === 0 && say("There are no customers yet: tags appear with the first order.");
    outlook.textContent = bits ? empty || promise(tagged, customers) : say("Choose at least one segment.");
    place("question").textContent = `${empty || promise(tagged, customers)} ${say("Discounts, emails and automations that look for these tags find them from then on.")}`;
    button.disabled = bits === 0;
  }

  async function switchOn() {
    button.loading = true;
    place("answer").textContent = "";
    try {
      const { status } = await ask(guide.dataset.switch, { method: "PUT", body: { bits: chosen() } });
      enter(guide, "writing");
      for (const box of boxes) box.disabled = true;
      place("answer").textContent = say("Switched on. The tags are being written now: the line above shows how far they are.");
      onStatus(status);
      document.querySelector("[data-progress]").focus();
    } catch {
      place("answer").textContent = say("We could not be reached. Nothing was switched on: try again in a moment.");
    } finally {
      button.loading = false;
    }
  }

  // Between the judging of all customers and the first tag there is a moment without any work.
  let quiet = 0;
  function follow(status) {
    if (guide.dataset.state === "importing" && !status.busy) count();
    if (guide.dataset.state !== "writing") return;
    quiet = status.busy ? 0 : quiet + 1;
    if (quiet < 2) return;
    enter(guide, "finished");
    place("answer").textContent = say("All set: your segments are on and their tags are kept right from now on.");
  }

  for (const box of boxes) box.addEventListener("change", count);
  again.addEventListener("click", count);
  document.getElementById("switch-on").addEventListener("click", switchOn);
  if (guide.dataset.state === "ready") count();
  return { follow };
}

function enter(guide, state) {
  guide.dataset.state = state;
  const words = { done: say("Done"), now: say("Now"), later: say("Later") };
  for (const [name, is] of Object.entries(STEPS[state])) {
    const step = guide.querySelector(`[data-step=${name}]`);
    step.dataset.state = is;
    step.querySelector("[data-shows=state]").textContent = words[is];
  }
}

function showCount(guide, { bit, customers, waits }) {
  const place = guide.querySelector(`[data-count="${bit}"]`);
  if (place) place.textContent = waits || sayMany("{count} customer", "{count} customers", customers);
}

const promise = (tagged, customers) =>
  sayMany("Switching these on would tag {count} of {all} customers.", "Switching these on would tag {count} of {all} customers.", tagged, { all: customers });
