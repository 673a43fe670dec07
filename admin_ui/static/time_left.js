// Estimates how long a stage still takes, from how fast it went since we first saw it. Says nothing while that is a guess.

import { say, sayMany } from "./texts.js";

const LONG_ENOUGH_MS = 4_000;

let stage = null;
let first = null;

export function timeLeft(progress, now) {
  if (!progress || progress.stage !== stage) {
    stage = progress?.stage ?? null;
    first = progress ? { done: progress.done, now } : null;
    return "";
  }
  const passed = now - first.now;
  const done = progress.done - first.done;
  if (!progress.total || done <= 0 || passed < LONG_ENOUGH_MS) return "";
  return inWords(((progress.total - progress.done) / done) * passed);
}

function inWords(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return say("less than a minute left for this step");
  return sayMany("about a minute left for this step", "about {count} minutes left for this step", minutes);
}
