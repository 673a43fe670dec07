// Files behind an ID token: fetched by the script, because a plain link would carry no proof of who asks.

import { say } from "./texts.js";

export function connectDownloads() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-downloads]");
    if (button) download(button);
  });
}

async function download(button) {
  const answerPlace = button.closest("s-section").querySelector(".answer");
  answerPlace.textContent = "";
  button.setAttribute("loading", "");
  try {
    const answer = await fetch(button.dataset.downloads, { headers: { "Accept-Language": document.documentElement.lang } });
    if (answer.ok) save(await answer.blob(), fileName(answer));
    else answerPlace.textContent = answer.status === 404 ? say("This file is no longer kept.") : failed();
  } catch {
    answerPlace.textContent = failed();
  } finally {
    button.removeAttribute("loading");
  }
}

const failed = () => say("The file could not be fetched. Try again in a moment.");

function fileName(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "download";
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
