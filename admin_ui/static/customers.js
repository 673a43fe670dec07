// Finds a customer: the address is followed as a link, because App Bridge puts the proof of who asks into those.

import "./components.js";

const form = document.getElementById("find");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const link = document.createElement("a");
  const address = new URL(form.dataset.address, location.href);
  address.searchParams.set("q", form.querySelector("[name=q]").value.trim());
  link.href = address.href;
  link.hidden = true;
  document.body.append(link);
  link.click();
});
