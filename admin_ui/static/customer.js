// One customer's page: pins are put and taken away, and older events are fetched.

import "./components.js";
import { ask } from "./ask.js";
import { say } from "./texts.js";

const segments = document.getElementById("segments");
const modal = document.getElementById("pin");
const form = document.getElementById("pin-form");
let wish = null;

for (const button of segments.querySelectorAll("[data-pins]")) {
  button.addEventListener("click", () => begin(button.closest("[data-tag]").dataset, button.dataset.pins === "in"));
}
for (const button of segments.querySelectorAll("[data-unpins]")) {
  button.addEventListener("click", () => unpin(button));
}
document.getElementById("put-pin").addEventListener("click", put);
form.addEventListener("submit", (event) => { event.preventDefault(); put(); });

function begin({ tag, name }, into) {
  wish = { tag, into };
  form.querySelector("[data-shows=sentence]").textContent = into
    ? say("This customer will be in {name}, whatever its rule says.", { name })
    : say("This customer will not be in {name}, whatever its rule says.", { name });
  form.querySelector(".answer").textContent = "";
  for (const field of form.querySelectorAll("[name]")) {
    field.value = "";
    field.removeAttribute("error");
  }
}

async function put() {
  const until = field("until").value;
  const button = document.getElementById("put-pin");
  button.loading = true;
  try {
    await ask(segments.dataset.address, {
      method: "PUT",
      body: { ...wish, until: until ? endOf(until) : null, note: field("note").value.trim() },
    });
    modal.hideOverlay();
    again();
  } catch (error) {
    refuse(error);
  } finally {
    button.loading = false;
  }
}

async function unpin(button) {
  const { tag } = button.closest("[data-tag]").dataset;
  button.loading = true;
  try {
    await ask(`${segments.dataset.address}?tag=${encodeURIComponent(tag)}`, { method: "DELETE" });
    again();
  } catch {
    segments.querySelector(":scope > .answer").textContent = say("We could not be reached. Nothing was changed: try again in a moment.");
    button.loading = false;
  }
}

function refuse({ errors = {} }) {
  const placed = Object.entries(errors).filter(([name]) => field(name));
  for (const [name, message] of placed) field(name).setAttribute("error", message);
  if (placed.length) field(placed[0][0]).focus();
  else form.querySelector(".answer").textContent = Object.values(errors)[0] ?? say("We could not be reached. Nothing was changed: try again in a moment.");
}

const field = (name) => form.querySelector(`[name=${name}]`);

// The whole day is meant, wherever the merchant sits.
const endOf = (day) => new Date(`${day}T23:59:59`).toISOString();

// Everything on the page may have changed. A link, because App Bridge puts the proof of who asks into those.
function again() {
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.hidden = true;
  document.body.append(link);
  link.click();
}

const timeline = document.getElementById("timeline");
const older = document.getElementById("older");

older?.addEventListener("click", async () => {
  older.loading = true;
  try {
    const { events, after } = await ask(`${timeline.dataset.address}?after=${timeline.dataset.after}`);
    const first = events.map(line).map((item) => timeline.querySelector("ol").appendChild(item))[0];
    timeline.dataset.after = after ?? "";
    older.hidden = !after;
    first?.focus();
  } catch {
    timeline.querySelector(".answer").textContent = say("We could not be reached: try again in a moment.");
  } finally {
    older.loading = false;
  }
});

function line({ at, moment, words, kind }) {
  const item = document.createElement("li");
  const when = document.createElement("time");
  const what = document.createElement("span");
  when.dateTime = at;
  when.textContent = moment;
  what.textContent = words;
  item.dataset.kind = kind;
  item.tabIndex = -1;
  item.append(when, what);
  return item;
}
