// Who entered and left lately, where they came from and where they went: numbers, and a bar beside each.

import { ask } from "./ask.js";
import { number } from "./format.js";
import { say, sayMany } from "./texts.js";

export async function showFlows(place) {
  const put = (name, ...parts) => place.querySelector(`[data-shows=${name}]`).replaceChildren(...parts);
  try {
    const found = await ask(place.dataset.address);
    const { entered, left, moved_in: movedIn, moved_out: movedOut } = found;
    put("summary", say("{entered} entered and {left} left.", { entered, left }));
    put("came_from", ...lines(found.came_from, say("No other segment")));
    put("went_to", ...lines(found.went_to, say("No other segment")));
    const moved = movedIn + movedOut;
    put("moved", moved ? sayMany("{count} more was moved because a rule was changed or your orders were read.", "{count} more were moved because a rule was changed or your orders were read.", moved) : "");
  } catch {
    put("summary", say("This could not be fetched. Reload the page to try again."));
  }
  place.setAttribute("aria-busy", "false");
}

function lines(flows, none) {
  if (!flows.length) {
    const nobody = document.createElement("li");
    nobody.textContent = say("Nobody");
    return [nobody];
  }
  const most = Math.max(...flows.map((each) => each.customers));
  return flows.map(({ name, customers }) => {
    const line = document.createElement("li");
    line.append(text(name || none), text(number(customers)), bar(customers / most));
    return line;
  });
}

function text(words) {
  const made = document.createElement("span");
  made.textContent = words;
  return made;
}

function bar(share) {
  const svg = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const made = svg("svg", { class: "share", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
  made.append(svg("rect", { class: "share-all", width: 100, height: 6 }), svg("rect", { class: "share-part", width: (share * 100).toFixed(1), height: 6 }));
  return made;
}
