// Saves the thresholds. App Bridge shows Save and Discard for the form (`data-save-bar`): Save submits it, Discard resets it.
// A field's name is the path to its number in the definitions: `segments.2.conditions.0.value`.

export function connectForm(form, onSaved) {
  const definitions = JSON.parse(form.querySelector("#definitions").textContent);
  const fields = [...form.querySelectorAll("[name]")];

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form, fields);
    try {
      await save(form, fields, edited(definitions, fields), onSaved);
    } catch {
      showFormError(form, "We could not be reached. Your changes are still here: try again in a moment.");
      keepSaveBar(fields);
    }
  });
  form.addEventListener("reset", () => clearErrors(form, fields));
}

async function save(form, fields, segments, onSaved) {
  const answer = await fetch(form.getAttribute("action"), {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ segments }),
  });
  const said = await answer.json();
  if (answer.ok) {
    becomeDefaults(fields, said.segments);
    onSaved(said);
    window.shopify?.toast.show(said.changed ? "Thresholds saved" : "Nothing to change");
    return;
  }
  showErrors(form, fields, said.errors ?? {}, said.error);
  keepSaveBar(fields);
}

function edited(definitions, fields) {
  const copy = { segments: structuredClone(definitions) };
  for (const field of fields) put(copy, field.name ?? field.getAttribute("name"), written(field));
  return copy.segments;
}

function written(field) {
  const text = field.value.trim();
  const isCount = field.localName === "s-number-field" && /^\d{1,15}$/.test(text);
  return isCount ? Number(text) : text;
}

// Discard must lead back to what is saved now, not to what was saved when the page was loaded.
function becomeDefaults(fields, segments) {
  for (const field of fields) {
    const saved = String(at({ segments }, field.getAttribute("name")) ?? field.value);
    field.value = saved;
    field.setAttribute("value", saved);
  }
}

function showErrors(form, fields, errors, general) {
  const rest = new Map(Object.entries(errors));
  let firstWrong = null;
  for (const field of fields) {
    const name = field.getAttribute("name");
    if (!rest.has(name)) continue;
    field.setAttribute("error", rest.get(name));
    firstWrong ??= field;
    rest.delete(name);
  }
  const unplaced = general ?? [...rest.values()].join(" ");
  if (unplaced) showFormError(form, unplaced);
  firstWrong?.focus();
  // In the middle, so that the message under the field can be read as well.
  firstWrong?.scrollIntoView({ block: "center" });
}

function showFormError(form, text) {
  const banner = form.querySelector("#form-error");
  banner.querySelector("span").textContent = text;
  banner.hidden = false;
}

function clearErrors(form, fields) {
  form.querySelector("#form-error").hidden = true;
  for (const field of fields) field.removeAttribute("error");
}

// App Bridge hides the bar on every submit; after a refusal the changes are still unsaved, and an input event says so.
function keepSaveBar(fields) {
  const changed = fields.find((field) => field.value !== field.getAttribute("value"));
  changed?.dispatchEvent(new Event("input", { bubbles: true }));
}

function at(container, path) {
  return path.split(".").reduce((within, key) => within?.[key], container);
}

function put(container, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  at(container, keys.join("."))[last] = value;
}
