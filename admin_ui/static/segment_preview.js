// Says what saving the rule would do, at every change: asked a moment after the last keystroke, the newest answer wins.

import { ask } from "./ask.js";
import { moment, number } from "./format.js";
import { say, sayMany } from "./texts.js";

const PAUSE_MS = 300;
// A copy this old is worth saying: what happened since is not in the numbers.
const OLD_MS = 120_000;

export function connectPreview(place, read, onTried) {
  let timer = null;
  let newest = 0;

  async function look() {
    newest += 1;
    const mine = newest;
    const body = read();
    try {
      const tried = await ask(place.dataset.address, { method: "POST", body });
      if (mine !== newest) return;
      show(place, tried, body.segment.tag);
      onTried(tried);
    } catch {
      if (mine === newest) say_(place, "counts", say("What this would do could not be worked out. Change something to try again."));
    }
    if (mine === newest) place.setAttribute("aria-busy", "false");
  }

  function again() {
    clearTimeout(timer);
    newest += 1;
    place.setAttribute("aria-busy", "true");
    timer = setTimeout(look, PAUSE_MS);
  }

  look();
  return { again };
}

function say_(place, name, ...parts) {
  place.querySelector(`[data-shows=${name}]`).replaceChildren(...parts);
}

function show(place, { preview, warnings }, tag) {
  const line = preview?.segments.find((each) => same(each.tag, tag));
  if (!line) {
    say_(place, "counts", say("Complete the rule to see what it would do."));
    for (const name of ["members", "others", "sample", "doubts"]) say_(place, name);
    return;
  }
  say_(place, "counts", ...counts(line));
  say_(place, "members", members(line, preview));
  say_(place, "others", others(preview.segments.filter((each) => each !== line)));
  say_(place, "sample", ...sample(line, place.dataset.customers));
  say_(place, "doubts", Object.values(warnings).join(" "));
}

function counts({ entering, leaving, waits }) {
  if (waits) return [say("Nobody would be put into it yet: it {waits}.", { waits })];
  if (!entering && !leaving) return [say("Nobody enters and nobody leaves.")];
  const comes = part("entering", sayMany("{count} customer enters", "{count} customers enter", entering));
  const goes = part("leaving", sayMany("{count} customer leaves", "{count} customers leave", leaving));
  return [comes, ", ", goes, "."];
}

function members({ members: count }, { customers, read_at: readAt }) {
  const said = say("It then holds {count} of {customers} customers.", { count, customers });
  return Date.now() - new Date(readAt) > OLD_MS ? `${said} ${say("As of {moment}.", { moment: moment(readAt) })}` : said;
}

function others(lines) {
  const moved = lines.filter(({ entering, leaving }) => entering || leaving);
  if (!moved.length) return "";
  const said = moved.map(({ name, entering, leaving }) => `${name} ${[entering && `+${number(entering)}`, leaving && `−${number(leaving)}`].filter(Boolean).join(" ")}`);
  return say("Other tags that change with it: {list}", { list: said.join(", ") });
}

function sample({ some_entering: entering, some_leaving: leaving }, customers) {
  const some = entering.length ? entering : leaving;
  if (!some.length) return [];
  const lead = entering.length ? say("Who enters, for example:") : say("Who leaves, for example:");
  return [lead, ...some.slice(0, 5).flatMap((customer) => [" ", link(customers, customer)])];
}

function link(customers, customer) {
  const made = document.createElement("s-link");
  const [path, query] = customers.split("?");
  made.setAttribute("href", `${path}/${customer}${query ? `?${query}` : ""}`);
  made.textContent = customer;
  return made;
}

function part(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

const same = (one, other) => one.toLowerCase() === other.toLowerCase();
