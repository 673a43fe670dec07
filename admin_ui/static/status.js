// Follows the work: asks for the status every two seconds while something is going on, shows it, and stops when all is done.

import { ask } from "./ask.js";
import { say } from "./texts.js";
import { timeLeft } from "./time_left.js";

const EVERY_MS = 2_000;
const AFTER_FAILURE_MS = 10_000;
const ANNOUNCE_EVERY_MS = 15_000;
// Between two pieces of work there is a moment without any.
const QUIET_LOOKS = 2;

export function follow(place, onStatus) {
  let next = null;
  let announcedAt = 0;
  let quietLooks = 0;

  function show(status) {
    showProgress(place, status);
    announcedAt = announce(place, status, announcedAt);
    onStatus(status);
    quietLooks = status.busy ? 0 : quietLooks + 1;
    again(quietLooks <= QUIET_LOOKS ? EVERY_MS : null);
  }

  function again(delay) {
    clearTimeout(next);
    next = delay === null ? null : setTimeout(look, delay);
  }

  async function look() {
    try {
      show(await ask(place.dataset.address));
    } catch {
      place.querySelector("#time-left").textContent = say("Connection lost, trying again");
      again(AFTER_FAILURE_MS);
    }
  }

  // A tab in the background sleeps; whoever comes back to it sees where things are now.
  document.addEventListener("visibilitychange", () => (document.hidden ? again(null) : again(0)));
  if (place.dataset.busy === "yes") again(EVERY_MS);
  return { show, look };
}

function showProgress(place, { busy, paused, progress, summary }) {
  place.dataset.busy = paused ? "paused" : busy ? "yes" : "no";
  place.querySelector("#summary").textContent = summary;
  const guessed = timeLeft(progress, performance.now());
  place.querySelector("#time-left").textContent = progress?.time_left || guessed;
  const bar = place.querySelector("progress");
  if (progress && !progress.total) {
    bar.removeAttribute("value");
    return;
  }
  bar.max = progress ? progress.total : 1;
  bar.value = progress ? progress.done : 1;
}

// Heard, not seen: someone who listens to the page is told when work ends, and now and then how far it is.
function announce(place, { busy, summary }, announcedAt) {
  const now = performance.now();
  if (busy && now - announcedAt < ANNOUNCE_EVERY_MS) return announcedAt;
  const heard = place.querySelector("#announcement");
  if (heard.textContent !== summary) heard.textContent = summary;
  return now;
}
