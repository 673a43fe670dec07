// Starts the living parts of "Activity": decisions, lists that go on, the filter of tag writes, and the status line.

import "./components.js";
import { ask } from "./ask.js";
import { connectDownloads } from "./downloads.js";
import { connectList } from "./lists.js";
import { showProblems } from "./problems.js";
import { follow } from "./status.js";
import { say } from "./texts.js";

const decisions = document.getElementById("decisions");
const answerPlace = document.getElementById("decided");
const modal = document.getElementById("decide");
const runs = connectList(document.getElementById("runs"));
const writes = connectList(document.getElementById("writes"));
const filter = document.getElementById("filter");
const chosenRun = document.getElementById("chosen-run");
const download = document.getElementById("download");
const wholeTable = download.dataset.downloads;

let decision = null;
const progress = document.querySelector("[data-progress]");
let wasBusy = progress.dataset.busy === "yes";
const status = follow(progress, (seen) => {
  if (document.getElementById("problems")) showProblems(seen.problems);
  if (wasBusy && !seen.busy) {
    answerPlace.textContent = "";
    showAgain();
  }
  wasBusy = seen.busy;
});

function showAgain() {
  runs.show();
  writes.show();
  fetchInto(decisions);
}

async function fetchInto(place) {
  const headers = { "Accept-Language": document.documentElement.lang };
  const answer = await fetch(place.dataset.address, { headers }).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text();
}

document.addEventListener("click", (event) => {
  const asks = event.target.closest?.("[data-decides]");
  if (asks) prepare(asks);
  const does = event.target.closest?.("[data-does]");
  if (does) send(does.dataset.does, does, does.dataset.tag);
  const ofRun = event.target.closest?.("[data-run]");
  if (ofRun) choose(ofRun.dataset.run);
});

// One question for all: what it says stands on the button that asks it.
function prepare(button) {
  decision = button;
  modal.setAttribute("heading", button.dataset.heading);
  document.getElementById("decide-text").textContent = button.dataset.text;
  document.getElementById("decide-yes").textContent = button.dataset.yes;
}

document.getElementById("decide-yes").addEventListener("click", () => {
  if (decision) send(decision.dataset.decides, decision);
});

async function send(address, button, tag) {
  answerPlace.textContent = "";
  button.setAttribute("loading", "");
  try {
    const { status: seen } = await ask(address, { method: "POST", body: tag === undefined ? undefined : { tag } });
    answerPlace.textContent = button.dataset.done ?? say("It is being tried again.");
    wasBusy = true;
    status.show(seen);
    showAgain();
    // The button that was pressed is gone: whoever works by keyboard goes on at the answer.
    answerPlace.focus();
  } catch (error) {
    answerPlace.textContent = error.status ? error.message : say("We could not be reached. Nothing was changed: try again in a moment.");
  } finally {
    button.removeAttribute("loading");
  }
}

let run = "";
let typing = null;
filter.addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("change", show);
filter.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(show, 400);
});
document.getElementById("any-run").addEventListener("click", () => choose(""));

function choose(number) {
  run = number;
  chosenRun.hidden = !run;
  show();
  if (run) chosenRun.closest("s-section").scrollIntoView();
}

async function show() {
  clearTimeout(typing);
  const field = filter.querySelector("[name=customer]");
  const asked = [...filter.querySelectorAll("[name]")].map((each) => [each.name || each.getAttribute("name"), each.value.trim()]);
  const query = new URLSearchParams([...asked, ["run", run]].filter(([, value]) => value));
  download.dataset.downloads = `${wholeTable}${query.size ? `?${query}` : ""}`;
  const found = await writes.show(query);
  if (found) field.removeAttribute("error");
  else field.setAttribute("error", say("Only digits, please."));
}

connectDownloads();
