// The admin's side of App Bridge's stand-in: hands out ID tokens, asks the merchant for scopes, shows the save bar,
// toasts and the app's navigation.

// Loaded before the frame, so that its first message finds somebody listening.

const frame = () => document.getElementById("app");
const appOrigin = () => new URL(frame().src).origin;
const saveBar = document.getElementById("save-bar");
const TOAST_MS = 5_000;
const inAdmin = (path) => `${frame().dataset.admin}/${path}`;

const reply = (message) => frame().contentWindow.postMessage({ devStore: true, ...message }, appOrigin());

const answers = {
  "id-token": async ({ question }) => {
    const answer = await fetch(inAdmin("id_token"));
    if (answer.ok) reply({ answer: question, value: (await answer.json()).id_token });
    else reply({ answer: question, error: `No ID token: ${answer.status}` });
  },
  "leave": ({ question }) => {
    if (saveBar.hidden) reply({ answer: question });
    else refuseToLeave();
  },
  "save-bar": ({ shown }) => { saveBar.hidden = !shown; },
  "loading": ({ shown }) => { document.getElementById("loading").hidden = !shown; },
  "toast": ({ text, isError }) => showToast(text, isError),
  "leave-for": ({ path }) => {
    if (saveBar.hidden) location.assign(inAdmin(path));
    else refuseToLeave();
  },
  "nav": ({ links, here }) => showNavigation(links, here),
  "scopes": async ({ question, action, scopes }) => {
    try {
      reply({ answer: question, value: await scopeActions[action](scopes) });
    } catch (problem) {
      reply({ answer: question, error: problem.message });
    }
  },
};

const scopeActions = {
  query: () => scopesAs("GET"),
  request: async (wanted) => {
    const detail = await scopesAs("GET");
    const missing = wanted.filter((scope) => !detail.granted.includes(scope));
    if (missing.length === 0) return { result: "granted-all", detail };
    const foreign = missing.filter((scope) => !detail.optional.includes(scope));
    if (foreign.length > 0) throw new Error(`Not among the app's optional_scopes: ${foreign.join(", ")}`);
    if (!(await merchantAllows(missing))) return { result: "declined-all", detail };
    return { result: "granted-all", detail: await scopesAs("POST", { grant: missing }) };
  },
  revoke: async (scopes) => ({ detail: await scopesAs("POST", { revoke: scopes }) }),
};

async function scopesAs(method, body) {
  const options = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(inAdmin("scopes"), { method, ...options });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

function merchantAllows(scopes) {
  const dialog = document.getElementById("scopes");
  dialog.querySelector("ul").replaceChildren(...scopes.map((scope) => {
    const line = document.createElement("li");
    line.textContent = scope;
    return line;
  }));
  dialog.returnValue = "";  // what Escape leaves
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "allow"), { once: true });
  });
}

window.addEventListener("message", (event) => {
  if (event.source !== frame().contentWindow || event.origin !== appOrigin() || !event.data?.devStore) return;
  answers[event.data.type]?.(event.data);
});

document.getElementById("save").addEventListener("click", () => reply({ type: "save" }));
document.getElementById("discard").addEventListener("click", () => reply({ type: "discard" }));

// Unsaved changes hold the merchant on the page until they are saved or discarded.
document.addEventListener("click", (event) => {
  if (saveBar.hidden || !event.target.closest("a[href]")) return;
  event.preventDefault();
  refuseToLeave();
});

function refuseToLeave() {
  saveBar.classList.remove("refuse");
  requestAnimationFrame(() => saveBar.classList.add("refuse"));
  document.getElementById("save").focus();
}

function showToast(text, isError) {
  const toast = document.createElement("div");
  toast.textContent = text;
  toast.className = isError ? "error" : "";
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
}

// The app's pages load in its frame; opened in a new tab they bring the admin along.
function showNavigation(links, here) {
  document.getElementById("app-nav").replaceChildren(
    ...links.map(({ text, href }) => {
      const link = document.createElement("a");
      link.textContent = text;
      link.href = inAdmin(`apps/regulars${href}`);
      if (new URL(href, appOrigin()).pathname === here) link.setAttribute("aria-current", "page");
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        if (saveBar.hidden) reply({ type: "navigate", href });
      });
      return link;
    }),
  );
}
