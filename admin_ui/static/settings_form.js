// Saves what was changed on the page. App Bridge shows Save and Discard for the form (`data-save-bar`): Save submits it,
// Discard resets it. A threshold's name is its segment's number and the path in its definition: `segments.3.conditions.0.value`.

export function connectForm(form, onSaved) {
  let current = JSON.parse(form.querySelector("#current").textContent);
  const fields = [...form.querySelectorAll("[name]")];

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form, fields);
    try {
      const answer = await put(form.getAttribute("action"), changes(fields, current));
      if (answer.changed) {
        current = answer.settings;
        becomeDefaults(fields, current);
        onSaved(answer);
        window.shopify?.toast.show(answer.changed.length ? "Settings saved" : "Nothing to change");
        return;
      }
      showErrors(form, fields, answer.errors ?? {}, answer.error);
    } catch {
      showFormError(form, "We could not be reached. Your changes are still here: try again in a moment.");
    }
    keepSaveBar(fields);
  });
  form.addEventListener("reset", () => clearErrors(form, fields));
}

async function put(address, body) {
  const answer = await fetch(address, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.json();
}

function changes(fields, current) {
  const thresholds = {};
  for (const field of fields.filter(isChanged)) {
    const [, number, ...path] = nameOf(field).split(".");
    thresholds[number] ??= { version: current.thresholds[number].version, numbers: {} };
    thresholds[number].numbers[path.join(".")] = written(field);
  }
  return { thresholds };
}

const nameOf = (field) => field.getAttribute("name");
const isChanged = (field) => field.value !== (field.getAttribute("value") ?? "");

function written(field) {
  const text = field.value.trim();
  const isCount = field.localName === "s-number-field" && /^\d{1,15}$/.test(text);
  return isCount ? Number(text) : text;
}

// Discard must lead back to what is saved now, not to what was saved when the page was loaded.
function becomeDefaults(fields, current) {
  for (const field of fields) {
    const [, number, ...path] = nameOf(field).split(".");
    const saved = String(path.reduce((within, key) => within?.[key], current.thresholds[number]?.definition) ?? field.value);
    field.value = saved;
    field.setAttribute("value", saved);
  }
}

function showErrors(form, fields, errors, general) {
  const rest = new Map(Object.entries(errors));
  const wrong = fields.filter((field) => rest.has(nameOf(field)));
  for (const field of wrong) {
    field.setAttribute("error", rest.get(nameOf(field)));
    rest.delete(nameOf(field));
  }
  const unplaced = general ?? [...rest.values()].join(" ");
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
