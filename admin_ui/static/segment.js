// Starts the living parts of a segment's page: its switch, its rule with the preview, its customers, who came and went.

import "./components.js";
import { ask } from "./ask.js";
import { connectDownloads } from "./downloads.js";
import { number } from "./format.js";
import { connectRule, showErrors } from "./rule_form.js";
import { showFlows } from "./segment_flows.js";
import { connectMembers } from "./segment_members.js";
import { connectPreview } from "./segment_preview.js";
import { connectSaving, go } from "./segment_saving.js";
import { follow } from "./status.js";
import { say } from "./texts.js";

const form = document.getElementById("segment");
const saved = JSON.parse(document.getElementById("saved").textContent);
const flows = document.getElementById("flows");
const kept = () => (saved.on ? {} : { on: false });
let works = false;

const rule = connectRule(form, kept, () => preview.again());
const preview = connectPreview(
  document.getElementById("preview"),
  () => ({ bit: saved.bit, segment: rule.definition() }),
  ({ errors }) => showErrors(form, errors),
);
const members = connectMembers(document.getElementById("members"), () => saved.tag);
const status = follow(document.querySelector("[data-progress]"), (seen) => {
  const line = seen.segments.find((each) => each.tag === saved.tag);
  if (line) document.getElementById("size").textContent = line.customers === null ? "–" : number(line.customers);
  // When the work is done, the lists are of before.
  if (works && !seen.busy) showLists();
  works = seen.busy;
});

connectSaving(form, rule, {
  method: "PUT",
  body: () => ({ version: saved.version }),
  onSaved: async ({ bit, version, segment }) => {
    window.shopify?.toast.show(say("Saved"));
    if (bit !== saved.bit) {
      go(form.dataset.pages.replace("/segments/0", `/segments/${bit}`));
      return;
    }
    saved.version = version;
    document.querySelector("s-page").setAttribute("heading", segment.name);
    begin();
  },
});

connectDownloads();
document.getElementById("switch").addEventListener("change", switchSegment);
document.getElementById("remove").addEventListener("click", remove);
showFlows(flows);

function begin() {
  works = true;
  preview.again();
  status.look();
}

function showLists() {
  members.again();
  showFlows(flows);
  preview.again();
}

async function switchSegment({ target }) {
  try {
    const { changed } = await ask(target.dataset.address, { method: "PUT", body: { on: target.checked } });
    saved.on = target.checked;
    saved.version += changed ? 1 : 0;
    window.shopify?.toast.show(saved.on ? say("Switched on") : say("Switched off"));
    begin();
  } catch {
    target.checked = saved.on;
    window.shopify?.toast.show(say("Nothing was changed. Try again in a moment."), { isError: true });
  }
}

async function remove({ target }) {
  target.setAttribute("loading", "");
  const answer = document.querySelector("[commandfor=removal]").parentElement.querySelector(".answer");
  try {
    await ask(`${form.dataset.address}?version=${saved.version}`, { method: "DELETE" });
    go(document.querySelector("[slot=breadcrumb-actions]").getAttribute("href"));
  } catch (error) {
    answer.textContent = error.message;
    document.getElementById("removal").hideOverlay();
  }
  target.removeAttribute("loading");
}
