// What can be chosen in a rule that only the shop's own data says: countries, segments kept in Shopify, and what its
// products are. Asked for once; where nothing is told, a name can be typed.

import { ask } from "./ask.js";
import { say } from "./texts.js";

const OTHER = "\u0000other";
const asked = new Map();

export function fillChoices(form) {
  for (const line of form.querySelectorAll(".condition")) choicesFor(line);
}

export function choicesFor(place) {
  for (const list of place.querySelectorAll("[data-options]")) fillWords(list);
  const kind = place.querySelector?.("[data-part=category-kind]");
  if (!kind || kind.dataset.connected) return;
  kind.dataset.connected = "yes";
  const [choice, text] = ["category-choice", "category"].map((part) => place.querySelector(`[data-part=${part}]`));
  kind.addEventListener("change", () => fillCategories(kind.value, choice, text, ""));
  choice.addEventListener("change", () => {
    const typed = choice.value === OTHER;
    text.hidden = !typed;
    text.value = typed ? "" : choice.value;
    if (typed) text.focus();
  });
  fillCategories(kind.value, choice, text, text.value);
}

async function fillWords(list) {
  if (list.dataset.options === "country") {
    const { countries } = await once("/app/api/countries", { countries: [] });
    extend(list, countries.map(({ value, text }) => [value, text]));
  } else {
    const { segments } = await once("/app/api/shopify-segments", { segments: [] });
    extend(list, segments.map(({ value, name }) => [value, name]));
  }
}

async function fillCategories(kind, choice, text, current) {
  const told = kind === "product" ? { choices: [] } : await once(`/app/api/categories?kind=${kind}`, { choices: [] });
  const known = told.choices.map(({ value, title }) => [value, title]);
  const listed = known.some(([value]) => value === current) || !current ? known : [[current, current], ...known];
  choice.replaceChildren();
  if (known.length) extend(choice, [["", say("Choose")], ...listed, [OTHER, say("Another one …")]]);
  choice.hidden = !known.length;
  text.hidden = known.length > 0;
  text.value = current;
  choice.value = current;
}

function extend(list, options) {
  const there = new Set([...list.children].map((each) => each.getAttribute("value")));
  const chosen = list.value;
  list.append(...options.filter(([value]) => !there.has(value)).map(([value, text]) => {
    const option = document.createElement("s-option");
    option.setAttribute("value", value);
    option.textContent = text;
    return option;
  }));
  for (const [value, text] of options) {
    const known = [...list.children].find((each) => each.getAttribute("value") === value);
    if (known.textContent !== text) known.textContent = text;
  }
  if (chosen) queueMicrotask(() => { list.value = chosen; });
}

// The same question is asked once a page; without an answer there is nothing to choose from.
function once(address, otherwise) {
  if (!asked.has(address)) asked.set(address, ask(address).catch(() => otherwise));
  return asked.get(address);
}
