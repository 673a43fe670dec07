// Takes all tags off and puts them back. The section is in one of four states: "on", "removing", "gone", "returning".

export function connectLeaving(section, onStatus) {
  const say = (text) => { section.querySelector(".answer").textContent = text; };
  let returning = false;

  function show(status) {
    returning &&= status.tagging_on && status.busy;
    section.dataset.state = stateOf(status, returning);
    const gone = section.querySelector("[data-shows=gone]");
    gone.textContent = status.tags_gone ? gone.dataset.text : "";
  }

  async function switchTagging(on) {
    say("");
    try {
      const answer = await fetch(section.dataset.address, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ on }),
      });
      if (!answer.ok) throw new Error(`Status ${answer.status}`);
      returning = on;
      onStatus((await answer.json()).status);
      // The button that was pressed is gone: whoever works by keyboard goes on at the progress.
      section.querySelector("[data-progress]").focus();
    } catch {
      say("We could not be reached. Nothing was changed: try again in a moment.");
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
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return;
  const { tagged_customers: tagged } = await answer.json();
  const words = tagged === 1 ? "One customer carries" : `${new Intl.NumberFormat("en").format(tagged)} customers carry`;
  document.getElementById("tagged-customers").textContent = words;
}
