// The page "Presets": counts what comes into view, finds by words, adds.

import "./components.js";
import { ask } from "./ask.js";
import { say, sayMany } from "./texts.js";

const groups = [...document.querySelectorAll("[data-group]")];
const offers = [...document.querySelectorAll("[data-preset]")];
const spoken = new Map(offers.map((offer) => [offer, offer.querySelector("div").textContent.toLowerCase()]));

// One group after the other: each asks for all of the shop's customers.
let before = Promise.resolve();
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    before = before.then(() => count(target));
  }
}, { rootMargin: "200px" });
for (const group of groups) seen.observe(group);

async function count(group) {
  try {
    const { sizes } = await ask(group.dataset.sizes);
    for (const { key, customers, waits } of sizes) {
      const words = waits || sayMany("{count} customer now", "{count} customers now", customers);
      group.querySelector(`[data-size="${key}"]`).textContent = words;
    }
  } catch {
    // A number less: the preset can be added all the same.
  }
}

document.getElementById("find").addEventListener("input", ({ target }) => {
  const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (offer) => words.every((word) => spoken.get(offer).includes(word));
  for (const offer of offers) offer.hidden = !fits(offer);
  for (const group of groups) group.hidden = !group.querySelector("[data-preset]:not([hidden])");
  const found = offers.filter((offer) => !offer.hidden).length;
  document.getElementById("none").hidden = found > 0;
  document.getElementById("found").textContent = sayMany("{count} preset found", "{count} presets found", found);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-adds]");
  if (button) add(button);
});

async function add(button) {
  const offer = button.closest("[data-preset]");
  const answer = offer.closest("[data-group]").querySelector(".answer");
  button.loading = true;
  answer.textContent = "";
  try {
    const { bit } = await ask(button.dataset.adds, { method: "POST" });
    const link = offer.querySelector("[data-shows=there] s-link");
    link.setAttribute("href", link.getAttribute("href").replace(/\d+(?=$|\?)/, bit));
    offer.dataset.state = "there";
    // The button that was pressed is gone: whoever works by keyboard goes on at what it made.
    link.focus();
    window.shopify?.toast.show(say("Added, and switched off for now"));
  } catch (refusal) {
    answer.textContent = refusal.errors ? refusal.message : say("We could not be reached. Nothing was changed.");
  } finally {
    button.loading = false;
  }
}
