// Keeps the banner of problems current. A problem that a permission would mend has a button that asks for it.

import { say } from "./texts.js";

export function showProblems(problems) {
  const banner = document.getElementById("problems");
  banner.hidden = problems.length === 0;
  const shown = problems.flatMap(({ heading, text, scopes }) => [
    element("dt", heading),
    element("dd", text),
    ...(scopes.length ? [offer(scopes)] : []),
  ]);
  const list = banner.querySelector("dl");
  // Left alone while it says the same: whoever has just reached the button keeps it.
  if (banner.dataset.shown === JSON.stringify(problems)) return;
  banner.dataset.shown = JSON.stringify(problems);
  list.replaceChildren(...shown);
}

function offer(scopes) {
  const button = element("s-button", say("Allow"));
  button.dataset.asksFor = scopes.join(",");
  const line = document.createElement("dd");
  line.append(button);
  return line;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
