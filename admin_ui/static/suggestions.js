// Puts a suggested number into the field it stands under; it is saved like any other change.

export function connectSuggestions(form) {
  for (const place of form.querySelectorAll("[data-for]")) {
    const field = form.querySelector(`[name="${CSS.escape(place.dataset.for)}"]`);
    place.querySelector("s-button").addEventListener("click", () => {
      field.value = place.dataset.value;
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
      field.focus();
    });
  }
}
