// What lies over the page.

class Modal extends Element {
  static observed = ["heading", "accessibilitylabel"];
  static css = `
    :host { display: contents }
    dialog { width: min(620px, 100vw - 32px); max-height: calc(100vh - 64px); padding: 0; border: 0; border-radius: 16px; background: #fff; color: inherit;
      box-shadow: 0 20px 20px -8px rgb(26 26 26 / .28) }
    :host([size=small]) dialog { width: min(380px, 100vw - 32px) } :host([size=large]) dialog { width: min(980px, 100vw - 32px) }
    dialog::backdrop { background: rgb(0 0 0 / .5) }
    header { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 12px 16px; background: #f3f3f3 }
    h2 { font-size: 14px; line-height: 20px; font-weight: 650 }
    header button { width: 28px; height: 28px; border: 0; border-radius: 8px; background: none; color: inherit; font-size: 18px; line-height: 1; cursor: pointer }
    header button:focus-visible { outline: 2px solid #005bd3 }
    .content { padding: 16px } :host([padding=none]) .content { padding: 0 }
    footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-top: 1px solid #ebebeb } footer[hidden] { display: none }
  `;
  static html = `<dialog><header><h2></h2><button type="button" aria-label="Close">\u00d7</button></header>
    <div class="content"><slot></slot></div>
    <footer><slot name="secondary-actions"></slot><slot name="primary-action"></slot></footer></dialog>`;
  static FOCUSABLE = `:is(a[href], button, input, select, textarea, s-button, s-link, s-checkbox, s-number-field, s-money-field):not([disabled], [loading])`;

  constructor() {
    super();
    const dialog = this.part$("dialog");
    this.part$("header button").addEventListener("click", () => this.hideOverlay());
    dialog.addEventListener("keydown", (event) => this.#keepInside(event));
    dialog.addEventListener("close", () => this.#tell("hide", "afterhide"));
  }
  update() {
    this.say("h2", this.getAttribute("heading"));
    this.part$("dialog").setAttribute("aria-label", this.getAttribute("accessibilitylabel") || this.getAttribute("heading") || "");
    this.part$("footer").hidden = !this.querySelector(":scope > [slot$=action], :scope > [slot$=actions]");
  }
  showOverlay() {
    if (this.part$("dialog").open) return;
    this.update();
    this.part$("dialog").showModal();
    this.#tell("show", "aftershow");
  }
  hideOverlay() { this.part$("dialog").close(); }
  toggleOverlay() { if (this.part$("dialog").open) this.hideOverlay(); else this.showOverlay(); }
  #tell(...names) { for (const name of names) this.dispatchEvent(new Event(name)); }
  // The page behind is out of reach, but the admin around the frame is not: Tab goes round inside.
  #keepInside(event) {
    if (event.key !== "Tab") return;
    const slotted = [...this.shadowRoot.querySelectorAll("slot")].flatMap((slot) => slot.assignedElements());
    const inside = slotted.flatMap((element) => [element, ...element.querySelectorAll("*")]);
    const stops = [this.part$("header button"), ...inside.filter((element) => element.matches(Modal.FOCUSABLE))];
    const here = this.shadowRoot.activeElement ?? document.activeElement;
    const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (here !== edge) return;
    event.preventDefault();
    other.focus();
  }
}

Object.assign(ELEMENTS, { "s-modal": Modal });
