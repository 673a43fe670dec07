// The admin's side of App Bridge's stand-in: hands out ID tokens, shows the save bar, toasts and the app's navigation.

// Loaded before the frame, so that its first message finds somebody listening.

const frame = () => document.getElementById("app");
const appOrigin = () => new URL(frame().src).origin;
const saveBar = document.getElementById("save-bar");
const TOAST_MS = 5_000;

const reply = (message) => frame().contentWindow.postMessage({ devStore: true, ...message }, appOrigin());

const answers = {
  "id-token": async ({ question }) => {
    const answer = await fetch(frame().dataset.idToken);
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
  "nav": ({ links }) => showNavigation(links),
};

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

function showNavigation(links) {
  document.getElementById("app-nav").replaceChildren(
    ...links.map(({ text, href }) => {
      const link = document.createElement("a");
      link.textContent = text;
      link.href = "#";
      link.addEventListener("click", () => { if (saveBar.hidden) frame().src = new URL(href, frame().src); });
      return link;
    }),
  );
}
