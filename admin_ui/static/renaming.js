// Gives all tags the saved prefix, after showing which tags would change on how many customers.

import { ask } from "./ask.js";
import { confirmed, listed } from "./confirming.js";
import { say, sayMany } from "./texts.js";

export function connectRenaming(form, onRenamed) {
  const button = form.querySelector("#rename");
  const answer = form.querySelector("#rename-answer");
  const field = form.querySelector("[name=tag_prefix]");
  const modal = document.getElementById("confirm-renaming");

  button.addEventListener("click", async () => {
    answer.textContent = "";
    const prefix = field.getAttribute("value") ?? "";
    if (field.value !== prefix) {
      answer.textContent = say("Save the new prefix first.");
      return;
    }
    button.setAttribute("loading", "");
    try {
      const plan = await ask(button.dataset.address);
      if (!plan.tags.length) {
        answer.textContent = say("All tags are as the prefix says already.");
      } else if (await confirmed(filled(modal, plan))) {
        onRenamed(await ask(button.dataset.address, { method: "POST", body: { prefix } }));
        window.shopify?.toast.show(say("Tags are being renamed"));
        // The fields above are about the segments with the old tags.
        location.reload();
      }
    } catch (refused) {
      answer.textContent = refused.status ? refused.message : say("We could not be reached: try again in a moment.");
    } finally {
      button.removeAttribute("loading");
    }
  });
}

function filled(modal, { tags, customers, bars }) {
  const place = (name) => modal.querySelector(`[data-shows=${name}]`);
  place("customers").textContent = sayMany(
    "{count} customer gets other tags:",
    "{count} customers get other tags:",
    customers,
  );
  listed(
    place("tags"),
    tags.map(({ tag, new_tag, customers: count }) =>
      sayMany("{tag} becomes {new_tag} ({count} customer)", "{tag} becomes {new_tag} ({count} customers)", count, { tag, new_tag }),
    ),
  );
  place("bars").hidden = !bars.length;
  place("bars").textContent = say("Whoever is in a segment only because it is easier to stay than to enter leaves it: {names}.", {
    names: bars.join(", "),
  });
  return modal;
}
