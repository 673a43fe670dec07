// Saves what was changed on the page. App Bridge shows Save and Discard for the form (`data-save-bar`): Save submits it,
// Discard resets it. A threshold's name is its segment's number and the path in its definition: `segments.3.conditions.0.value`.

import { ask } from "./ask.js";
import { confirmed, listed } from "./confirming.js";
import { say, sayMany } from "./texts.js";

const OF_WHAT_COUNTS = ["counted_statuses", "spend_is_total"];

export function connectForm(form, onSaved) {
  let current = JSON.parse(form.querySelector("#current").textContent);
  const fields = [...form.querySelectorAll("[name]")];

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form, fields);
    try {
      const body = changes(fields, current);
      if (!(await isWanted(form, body))) return keepSaveBar(fields);
      const answer = await ask(form.getAttribute("action"), { method: "PUT", body });
      current = answer.settings;
      becomeDefaults(fields, current);
      onSaved(answer);
      window.shopify?.toast.show(answer.changed.length ? say("Settings saved") : say("Nothing to change"));
    } catch (refused) {
      if (refused.status) showErrors(form, fields, refused);
      else showFormError(form, say("We could not be reached. Your changes are still here: try again in a moment."));
      keepSaveBar(fields);
    }
  });
  form.addEventListener("reset", () => clearErrors(form, fields));
}

// Which orders count changes everything: the merchant sees first how many orders it is about.
async function isWanted(form, body) {
  const about = Object.fromEntries(OF_WHAT_COUNTS.filter((name) => name in body).map((name) => [name, body[name]]));
  if (!Object.keys(about).length) return true;
  const effect = await ask(form.dataset.effect, { method: "POST", body: about });
  const modal = document.getElementById("confirm-counting");
  listed(modal.querySelector("[data-shows=effect]"), inWords(effect));
  return confirmed(modal);
}

function inWords({ newly, no_longer, other_amount }) {
  const said = [];
  if (newly) said.push(sayMany("{count} order comes to count.", "{count} orders come to count.", newly));
  if (no_longer) said.push(sayMany("{count} order counts no more.", "{count} orders count no more.", no_longer));
  if (other_amount) {
    said.push(sayMany("{count} order counts with another amount.", "{count} orders count with another amount.", other_amount));
  }
  return said.length ? said : [say("No order of the past is concerned, only those to come.")];
}

const nameOf = (field) => field.getAttribute("name");
const isBox = (field) => field.localName === "s-checkbox";
const isChanged = (field) =>
  isBox(field) ? field.checked !== field.hasAttribute("checked") : field.value !== (field.getAttribute("value") ?? "");

function changes(fields, current) {
  const body = {};
  for (const field of fields.filter(isChanged)) {
    const [name, number, ...path] = nameOf(field).split(".");
    if (name === "segments") {
      body.thresholds ??= {};
      body.thresholds[number] ??= { version: current.thresholds[number].version, numbers: {} };
      body.thresholds[number].numbers[path.join(".")] = written(field);
    } else if (isBox(field)) {
      body[name] = fields.filter((each) => nameOf(each) === name && each.checked).map((each) => each.getAttribute("value"));
    } else {
      body[name] = name === "spend_is_total" ? field.value === "true" : field.value;
    }
  }
  return body;
}

function written(field) {
  const text = field.value.trim();
  const isCount = field.localName === "s-number-field" && /^\d{1,15}$/.test(text);
  return isCount ? Number(text) : text;
}

// Discard must lead back to what is saved now, not to what was saved when the page was loaded.
function becomeDefaults(fields, current) {
  for (const field of fields) {
    const saved = savedOf(field, current);
    if (isBox(field)) {
      field.checked = saved.includes(field.getAttribute("value"));
      field.toggleAttribute("checked", field.checked);
    } else {
      field.value = String(saved ?? field.value);
      field.setAttribute("value", field.value);
    }
  }
}

function savedOf(field, current) {
  const [name, number, ...path] = nameOf(field).split(".");
  if (name !== "segments") return current[name];
  return path.reduce((within, key) => within?.[key], current.thresholds[number]?.definition);
}

function showErrors(form, fields, { errors, message }) {
  const rest = new Map(Object.entries(errors));
  const nothingNamed = rest.size === 0;
  const wrong = fields.filter((field) => rest.has(nameOf(field)));
  for (const field of wrong) {
    // Of several boxes with one name the first one says it.
    if (!wrong.some((each) => each !== field && nameOf(each) === nameOf(field) && each.hasAttribute("error"))) {
      field.setAttribute("error", rest.get(nameOf(field)));
    }
  }
  for (const field of wrong) rest.delete(nameOf(field));
  const unplaced = nothingNamed ? message : [...rest.values()].join(" ");
  if (unplaced) showFormError(form, unplaced);
  wrong[0]?.focus();
  // In the middle, so that the message under the field can be read as well.
  wrong[0]?.scrollIntoView({ block: "center" });
}

function showFormError(form, text) {
  const banner = form.querySelector("#form-error");
  banner.querySelector("span").textContent = text;
  banner.hidden = false;
  banner.scrollIntoView({ block: "center" });
}

function clearErrors(form, fields) {
  form.querySelector("#form-error").hidden = true;
  for (const field of fields) field.removeAttribute("error");
}

// App Bridge hides the bar on every submit; after a refusal the changes are still unsaved, and an input event says so.
function keepSaveBar(fields) {
  fields.find(isChanged)?.dispatchEvent(new Event("input", { bubbles: true }));
}
