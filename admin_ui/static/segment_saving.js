// Saves one segment. App Bridge shows Save and Discard for the form (`data-save-bar`): Save submits it, Discard resets it.

import { ask, Refused } from "./ask.js";
import { showErrors } from "./rule_form.js";
import { say } from "./texts.js";

export function connectSaving(form, rule, { method, body, onSaved }) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll("s-button[type=submit]");
    for (const button of buttons) button.setAttribute("loading", "");
    try {
      const saved = await ask(form.dataset.address, { method, body: { ...body(), segment: rule.definition() } });
      rule.remember();
      await onSaved(saved);
    } catch (error) {
      refuse(form, error);
    }
    for (const button of buttons) button.removeAttribute("loading");
  });
}

function refuse(form, error) {
  const unreachable = say("We could not be reached. Your changes are still here: try again in a moment.");
  const wrong = error instanceof Refused ? showErrors(form, error.errors, Object.keys(error.errors).length ? undefined : error.message) : showErrors(form, {}, unreachable);
  wrong?.focus?.();
  // In the middle, so that the message under the field can be read as well.
  wrong?.scrollIntoView({ block: "center" });
  // App Bridge hides the bar on every submit; after a refusal the changes are still unsaved, and an input event says so.
  form.querySelector("#as-text").dispatchEvent(new Event("input", { bubbles: true }));
}

// App Bridge gives links a token on their way; an address that a script sets would come without one.
export function go(address) {
  const link = document.createElement("a");
  link.href = address;
  document.body.append(link);
  link.click();
  link.remove();
}
