// Takes all tags off and puts them back. The section is in one of four states: "on", "removing", "gone", "returning".

import { ask } from "./ask.js";
import { say, sayMany } from "./texts.js";

export function connectLeaving(section, onStatus) {
  const answer = (text) => { section.querySelector(".answer").textContent = text; };
  let returning = false;

  function show(status) {
    returning &&= status.tagging_on && status.busy;
    section.dataset.state = stateOf(status, returning);
    const gone = section.querySelector("[data-shows=gone]");
    gone.textContent = status.tags_gone ? gone.dataset.text : "";
  }

  async function switchTagging(on) {
    answer("");
    try {
      const { status } = await ask(section.dataset.address, { method: "PUT", body: { on } });
      returning = on;
      onStatus(status);
      // The button that was pressed is gone: whoever works by keyboard goes on at the progress.
      section.querySelector("[data-progress]").focus();
    } catch {
      answer(say("We could not be reached. Nothing was changed: try again in a moment."));
    }
  }

  document.getElementById("ask-removal").addEventListener("click", () => count(section.dataset.address));
  document.getElementById("remove-tags").addEventListener("click", () => switchTagging(false));
  document.getElementById("use-again").addEventListener("click", () => switchTagging(true));
  return { show };
}

function stateOf({ tagging_on: on, tags_gone: gone }, returning) {
  if (on) return returning ? "returning" : "on";
  return gone ? "gone" : "removing";
}

// Orders may have come in since the page was loaded: the question names today's number.
async function count(address) {
  const found = await ask(address).catch(() => null);
  if (!found) return;
  const words = sayMany("One customer carries tags of Regulars.", "{count} customers carry tags of Regulars.", found.tagged_customers);
  document.getElementById("tagged-customers").textContent = words;
}
