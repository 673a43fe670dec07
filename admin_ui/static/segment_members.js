// The customers of a segment, a page at a time, in the order chosen; why each is in it; and where to find them.

import { ask } from "./ask.js";
import { date, money, number } from "./format.js";
import { say } from "./texts.js";

export function connectMembers(section, tag) {
  const table = section.querySelector("s-table");
  const sort = section.querySelector("#sort");
  const why = document.getElementById("why");
  // Where each page behind the first one begins, as the page before it said.
  let begins = [""];

  async function load() {
    table.setAttribute("loading", "");
    const [by, order] = sort.value.split("-");
    const query = new URLSearchParams({ sort: by, order, after: begins.at(-1) });
    try {
      const { members, after } = await ask(`${section.dataset.address}?${query}`);
      table.querySelector("s-table-body").replaceChildren(...members.map((each) => row(each, section.dataset)));
      empty(section, members.length ? "" : say("Nobody is in it."));
      table.toggleAttribute("haspreviouspage", begins.length > 1);
      table.toggleAttribute("hasnextpage", after !== null);
      table.dataset.after = after ?? "";
    } catch {
      empty(section, say("The customers could not be fetched. Try again in a moment."));
    }
    table.removeAttribute("loading");
  }

  sort.addEventListener("change", () => { begins = [""]; load(); });
  table.addEventListener("nextpage", () => { begins.push(table.dataset.after); load(); });
  table.addEventListener("previouspage", () => { begins.pop(); load(); });
  section.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-explains]");
    if (button) explain(button, section.dataset.why, why, tag());
  });
  load();
  return { again: () => { begins = [""]; load(); } };
}

function empty(section, text) {
  const place = section.querySelector("[data-shows=empty]");
  place.textContent = text;
  place.hidden = !text;
}

function row({ customer, name, orders, spend, last_order_at: lastOrderAt }, { pages, admin }) {
  const called = name ?? say("Customer {number}", { number: customer });
  const page = link(withCustomer(pages, customer), called);
  const store = link(`${admin}/${customer}`, say("In Shopify"));
  store.setAttribute("target", "_top");
  const button = document.createElement("s-button");
  button.setAttribute("variant", "tertiary");
  button.setAttribute("accessibilitylabel", say("Why {customer} is in it", { customer: called }));
  button.dataset.explains = customer;
  button.textContent = say("Why");
  const more = document.createElement("span");
  more.className = "row-links";
  more.append(button, store);
  const made = document.createElement("s-table-row");
  made.append(...[page, lastOrderAt ? date(lastOrderAt) : "–", number(orders), money(minor(spend)), more].map(cell));
  return made;
}

function cell(content) {
  const made = document.createElement("s-table-cell");
  made.append(content);
  return made;
}

function link(address, text) {
  const made = document.createElement("s-link");
  made.setAttribute("href", address);
  made.textContent = text;
  return made;
}

function withCustomer(pages, customer) {
  const [path, query] = pages.split("?");
  return `${path}/${customer}${query ? `?${query}` : ""}`;
}

// "12.50" as the API writes it, in the smallest units of a currency with so many decimals.
function minor(amount) {
  return Number(amount.replace(".", ""));
}

async function explain(button, address, modal, tag) {
  const place = modal.querySelector("[data-shows=why]");
  place.textContent = say("One moment …");
  modal.showOverlay();
  try {
    const { segments } = await ask(address.replace("{customer}", button.dataset.explains));
    const found = segments.find((each) => each.tag.toLowerCase() === tag.toLowerCase());
    place.replaceChildren(...reasons(found));
  } catch {
    place.textContent = say("The reason could not be fetched. Try again in a moment.");
  }
}

function reasons({ sentence, conditions, keep, reasons: others, changes_at: changesAt, inside }) {
  const said = [...conditions, ...keep].map(({ asked, holds, found }) => `${holds ? "✓" : "✗"} ${asked}: ${found}`);
  const list = document.createElement("ul");
  list.append(...[...said, ...others].map((text) => element("li", text)));
  const leaves = inside ? say("Leaves on {date} if nothing happens until then.", { date: changesAt ? date(changesAt) : "" }) : "";
  return [element("p", sentence), list, ...(changesAt && leaves ? [element("p", leaves)] : [])];
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
