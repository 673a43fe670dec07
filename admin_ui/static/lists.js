// Lists that the server writes a page at a time: shown anew by a query, and gone on with by their last button.

export function connectList(list) {
  let query = new URLSearchParams();
  let newest = 0;

  async function page(extra) {
    const headers = { "Accept-Language": document.documentElement.lang };
    const asked = new URLSearchParams([...query, ...extra]);
    const answer = await fetch(`${list.dataset.address}${list.dataset.address.includes("?") ? "&" : "?"}${asked}`, { headers });
    return answer.ok ? answer.text() : null;
  }

  // False if the server does not take the query, or cannot be reached. The newest question wins.
  async function show(asked = query) {
    query = asked;
    const mine = ++newest;
    list.setAttribute("aria-busy", "true");
    const found = await page([]).catch(() => null);
    if (mine !== newest) return true;
    list.removeAttribute("aria-busy");
    if (found !== null) list.innerHTML = found;
    return found !== null;
  }

  list.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-more]");
    if (!button) return;
    button.setAttribute("loading", "");
    const found = await page([["after", button.dataset.more]]).catch(() => null);
    button.removeAttribute("loading");
    if (found === null) return;
    const before = list.children.length - 1;
    button.closest("li").remove();
    list.insertAdjacentHTML("beforeend", found);
    // Whoever works by keyboard goes on at the first row that is new.
    const next = list.children[before];
    next.tabIndex = -1;
    next.focus();
  });

  return { show };
}
