// Asks before something far-reaching: resolves to whether the modal's button was pressed.

export function confirmed(modal) {
  const button = modal.querySelector("[data-confirms]");
  return new Promise((resolve) => {
    const press = () => {
      resolve(true);
      modal.hideOverlay();
    };
    button.addEventListener("click", press);
    modal.addEventListener(
      "hide",
      () => {
        button.removeEventListener("click", press);
        resolve(false);
      },
      { once: true },
    );
    modal.showOverlay();
  });
}

export function listed(place, texts) {
  place.replaceChildren(
    ...texts.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }),
  );
}
