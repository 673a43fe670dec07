// Asks the merchant for permissions and shows what they decided. Buttons say what they ask for in `data-asks-for`.

import { ask } from "./ask.js";
import { say } from "./texts.js";

const EVERY_MS = 1_000;
// Shopify tells the app of a decision by webhook, usually within seconds.
const LOOKS = 30;

// What follows from a permission comes later than the permission itself: the older orders have to be read first.
export async function showPermissions() {
  const seen = await fetchPermissions();
  if (seen) show(seen);
}

export function connectPermissions(onChange) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-asks-for]");
    if (button) decide(button, onChange);
  });
  showWhatCanBeAsked();
}

async function decide(button, onChange) {
  const wanted = button.dataset.asksFor.split(",");
  const answer = answerBeside(button);
  button.setAttribute("loading", "");
  try {
    const { result } = await window.shopify.scopes.request(wanted);
    if (result !== "granted-all") {
      answer(say("Nothing was changed. You can allow it here at any time."));
      return;
    }
    answer(say("Allowed. One moment …"));
    const seen = await untilGranted(wanted);
    if (seen) show(seen);
    answer(seen ? say("Allowed.") : say("Allowed. It takes effect within a few minutes: reload this page to see it."));
    onChange();
  } catch {
    answer(say("Shopify could not ask for it here. Open Regulars again from the Apps menu: Shopify then asks for what is missing."));
  } finally {
    button.removeAttribute("loading");
  }
}

async function untilGranted(wanted) {
  for (let look = 0; look < LOOKS; look += 1) {
    const seen = await fetchPermissions();
    const granted = new Set(seen?.permissions.filter((each) => each.granted).map((each) => each.scope));
    if (wanted.every((scope) => granted.has(scope))) return seen;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return null;
}

function fetchPermissions() {
  return ask(document.body.dataset.permissions).catch(() => null);
}

function show({ permissions, history, waiting }) {
  for (const { scope, granted } of permissions) {
    const line = document.querySelector(`#permissions [data-scope=${scope}]`);
    if (line) line.dataset.granted = granted ? "yes" : "no";
  }
  const place = document.getElementById("history");
  if (!place) return;
  place.querySelector("[data-shows=history]").textContent = history;
  const list = place.querySelector("[data-shows=waiting]");
  list.hidden = waiting.length === 0;
  list.querySelector("ul").replaceChildren(...waiting.map(waitingLine));
}

function waitingLine({ name, words }) {
  const line = document.createElement("li");
  const strong = document.createElement("strong");
  strong.textContent = name;
  line.append(strong, ` ${words}`);
  return line;
}

async function showWhatCanBeAsked() {
  const lines = document.querySelectorAll("#permissions [data-granted=no]:has([data-where])");
  if (lines.length === 0) return;
  try {
    const { optional } = await window.shopify.scopes.query();
    for (const line of lines) line.dataset.available = optional.includes(line.dataset.scope) ? "yes" : "no";
  } catch {
    // Without an answer nothing is offered and nothing is claimed.
  }
}

function answerBeside(button) {
  const place = button.closest("s-section, s-banner").querySelector(".answer");
  return (text) => { place.textContent = text; };
}
