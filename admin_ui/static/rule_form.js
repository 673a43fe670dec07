// A rule as sentences with fields in them: reads the definition from the fields, adds and removes conditions, and keeps
// what is saved so that Discard leads back to it. App Bridge sees a change by the field #as-text, whatever it was.

import { ask } from "./ask.js";
import { choicesFor, fillChoices } from "./rule_choices.js";
import { say } from "./texts.js";

const SUFFIXES = {
  "comparison": "comparison", "value": "value", "value-high": "value.1", "window-kind": "window.kind", "window": "window",
  "window-before": "window.before", "category-kind": "category.kind", "category": "category", "category-choice": "category.choice",
};

export function connectRule(form, kept, onChange) {
  const asText = form.querySelector("#as-text");
  const lists = [...form.querySelectorAll("[data-list]")];
  let savedLists = [];

  const definition = () => read(form, kept());
  const rule = () => JSON.stringify(read(form, {}));

  function changed() {
    settle(form, lists);
    asText.value = rule();
    onChange();
  }

  // What was added or removed is no event of a field: App Bridge hears of it through this one.
  function restructured() {
    changed();
    asText.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function remember() {
    for (const field of fieldsOf(form)) if (field !== asText) field.setAttribute("value", field.value);
    settle(form, lists);
    asText.value = rule();
    asText.defaultValue = asText.value;
    savedLists = lists.map((list) => list.innerHTML);
  }

  function discard() {
    form.dataset.discards = Number(form.dataset.discards ?? 0) + 1;
    lists.forEach((list, place) => { list.innerHTML = savedLists[place]; });
    // The fields themselves go back once this event is over.
    setTimeout(() => { clearErrors(form); fillChoices(form); changed(); });
  }

  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, (event) => {
      if (event.target === asText) return;
      if (event.target.dataset.addsTo) add(form, event.target, restructured);
      else changed();
    });
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-removes], [data-adds-word]");
    if (!button) return;
    if (button.hasAttribute("data-removes")) remove(button);
    else anotherWord(button);
    restructured();
  });
  form.addEventListener("reset", discard);
  remember();
  fillChoices(form);
  return { definition, remember };
}

export function showErrors(form, errors, general) {
  clearErrors(form);
  const rest = new Map(Object.entries(errors));
  let firstWrong = null;
  for (const field of fieldsOf(form)) {
    const said = rest.get(field.getAttribute("name"));
    if (said === undefined || field.hidden) continue;
    field.setAttribute("error", said);
    firstWrong ??= field;
    rest.delete(field.getAttribute("name"));
  }
  const unplaced = general ?? [...rest.values()].join(" ");
  const banner = form.querySelector("#form-error");
  banner.querySelector("span").textContent = unplaced;
  banner.hidden = !unplaced;
  return firstWrong ?? (unplaced ? banner : null);
}

export function clearErrors(form) {
  form.querySelector("#form-error").hidden = true;
  for (const field of fieldsOf(form)) field.removeAttribute("error");
}

const fieldsOf = (form) => [...form.querySelectorAll("[name]")];

function read(form, kept) {
  const text = (name) => form.querySelector(`[name="${name}"]`).value.trim();
  const conditions = (list) => [...form.querySelectorAll(`[data-list=${list}] > .condition`)].map(readCondition);
  const made = { name: text("name"), tag: text("tag"), conditions: conditions("conditions"), ...kept };
  const keep = conditions("keep");
  if (keep.length) made.keep = keep;
  if (text("minimum_stay")) made.minimum_stay = written(text("minimum_stay"));
  if (text("ladder.name") || text("ladder.rank")) made.ladder = { name: text("ladder.name"), rank: written(text("ladder.rank")) };
  return made;
}

function readCondition(line) {
  const part = (name) => line.querySelector(`[data-part=${name}]`);
  const said = (name) => part(name).value.trim();
  const made = { measure: line.dataset.measure };
  if (part("window-kind")) made.window = readWindow(said);
  if (part("category")) made.category = { [said("category-kind")]: written(said("category")) };
  made.comparison = said("comparison");
  if (part("word")) made.value = [...line.querySelectorAll("[data-part=word]")].map((word) => word.value.trim()).filter(Boolean);
  else made.value = made.comparison === "between" ? [written(said("value")), written(said("value-high"))] : written(said("value"));
  return made;
}

function readWindow(said) {
  const days = written(said("window"));
  return { lifetime: "lifetime", before: { days, before: said("window-before") } }[said("window-kind")] ?? days;
}

// Whole numbers as numbers, amounts as the text they are; a comma for the decimals is what half the world types.
function written(text) {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return /^\d+,\d{1,3}$/.test(text) ? text.replace(",", ".") : text;
}

// Names by place, so that what the server says about `conditions.1.value` finds its field; and what shows in which case.
function settle(form, lists) {
  for (const list of lists) {
    [...list.children].forEach((line, place) => {
      const path = `${list.dataset.list}.${place}`;
      const part = (name) => line.querySelector(`[data-part=${name}]`);
      line.dataset.comparison = part("comparison").value;
      line.dataset.window = part("window-kind")?.value ?? "";
      for (const [name, suffix] of Object.entries(SUFFIXES)) part(name)?.setAttribute("name", `${path}.${suffix}`);
      if (line.dataset.comparison === "between") part("value").setAttribute("name", `${path}.value.0`);
      [...line.querySelectorAll("[data-part=word]")].forEach((word, n) => word.setAttribute("name", `${path}.value${n ? `.${n}` : ""}`));
    });
    // A rule asks for something: its last condition stays.
    const required = list.dataset.list === "conditions" && list.children.length === 1;
    for (const button of list.querySelectorAll("[data-removes]")) button.hidden = required;
  }
  form.querySelector("#keep-lead").hidden = !form.querySelector("[data-list=keep]").children.length;
}

async function add(form, list, onDone) {
  const key = list.value;
  if (!key) return;
  list.value = "";
  const { discards } = form.dataset;
  const made = await conditionToAdd(key);
  // Whoever discarded everything meanwhile has discarded this as well.
  if (form.dataset.discards !== discards) return;
  if (!made) {
    showErrors(form, {}, say("The condition could not be fetched. Try again in a moment."));
    return;
  }
  form.querySelector(`[data-list=${list.dataset.addsTo}]`).append(made);
  choicesFor(made);
  onDone();
  (made.querySelector("[data-part=value], [data-part=word]") ?? made).focus();
}

async function conditionToAdd(key) {
  const found = await ask(`/app/api/conditions/${key}`).catch(() => null);
  if (!found) return null;
  const template = document.createElement("template");
  template.innerHTML = found.html;
  return document.importNode(template.content, true).firstElementChild;
}

function remove(button) {
  const line = button.closest(".condition");
  const next = line.nextElementSibling ?? line.previousElementSibling ?? line.parentElement.nextElementSibling;
  line.remove();
  (next?.querySelector?.("[data-part=comparison]") ?? next)?.focus();
}

function anotherWord(button) {
  const words = [...button.parentElement.querySelectorAll(".word")];
  const copy = words.at(-1).cloneNode(true);
  const field = copy.querySelector("[data-part=word]");
  field.setAttribute("value", "");
  field.removeAttribute("details");
  words.at(-1).after(copy);
  choicesFor(copy);
  field.focus();
}
