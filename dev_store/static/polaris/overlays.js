// What lies over the page: modals, popovers, menus, tooltips.

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
  static FOCUSABLE = `:is(a[href], button, input, select, textarea, s-button, s-link, s-checkbox, s-switch, s-select, s-choice, s-text-area, [data-field]):not([disabled], [loading])`;

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

// Lies beside the button that opened it. The element itself is what the browser calls a popover.
class Floating extends Element {
  static css = `
    :host { inset: auto; margin: 0; padding: 8px; border: 0; border-radius: 12px; background: #fff; color: #303030; max-width: min(360px, 100vw - 16px); max-height: 80vh; overflow: auto;
      box-shadow: 0 4px 12px -2px rgb(26 26 26 / .2), 0 0 0 1px rgb(26 26 26 / .08) }
    :host(:not(:popover-open)) { display: none }
  `;
  from = null;

  constructor() {
    super();
    this.addEventListener("beforetoggle", (event) => this.#tell(event.newState === "open" ? "show" : "hide"));
    this.addEventListener("toggle", (event) => {
      if (event.newState === "open") this.place();
      this.#tell(event.newState === "open" ? "aftershow" : "afterhide");
    });
  }
  connectedCallback() {
    if (!this.popover) this.popover = "auto";
    super.connectedCallback();
  }
  showOverlay() { this.showPopover(); }
  hideOverlay() { this.hidePopover(); }
  toggleOverlay() { this.togglePopover(); }
  place() {
    const beside = (this.from ?? document.querySelector(`[commandfor="${this.id}"]`))?.getBoundingClientRect();
    if (!beside) return;
    const own = this.getBoundingClientRect();
    const below = beside.bottom + 4 + own.height <= innerHeight || beside.top < own.height;
    this.style.top = `${below ? beside.bottom + 4 : beside.top - own.height - 4}px`;
    this.style.left = `${Math.max(8, Math.min(beside.left, innerWidth - own.width - 8))}px`;
  }
  #tell(name) { this.dispatchEvent(new Event(name)); }
}

class Popover extends Floating {}

class Menu extends Floating {
  static role = "menu";
  static observed = ["accessibilitylabel"];
  static css = `${Floating.css} :host(:popover-open) { display: flex; flex-direction: column }`;

  constructor() {
    super();
    this.addEventListener("keydown", (event) => this.#walk(event));
    this.addEventListener("click", (event) => { if (event.target !== this) this.hidePopover(); });
    this.addEventListener("toggle", () => { if (this.matches(":popover-open")) this.#items[0]?.focus(); });
  }
  get #items() { return [...this.querySelectorAll("s-button:not([disabled])")]; }
  update() {
    this.setAttribute("aria-label", this.getAttribute("accessibilitylabel") || "Menu");
    for (const item of this.querySelectorAll("s-button")) {
      item.setAttribute("variant", "tertiary");
      item.shadowRoot?.querySelector("a, button")?.setAttribute("role", "menuitem");
    }
  }
  place() { this.update(); super.place(); }
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = this.#items;
    items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
  }
}

// Shows while the pointer or the focus is on whatever names it in `interestfor`.
class Tooltip extends Floating {
  static role = "tooltip";
  static css = `${Floating.css} :host { padding: 4px 8px; font-size: 12px; max-width: 260px; pointer-events: none }`;
  connectedCallback() {
    this.popover = "manual";
    super.connectedCallback();
  }
}

const interest = (event, act) => {
  const about = event.target.closest?.("[interestfor]");
  const tooltip = about && document.getElementById(about.getAttribute("interestfor"));
  if (tooltip instanceof Tooltip) act(tooltip, about);
};
const showTooltip = (event) => interest(event, (tooltip, about) => {
  tooltip.from = about;
  about.shadowRoot?.querySelector("a, button")?.setAttribute("aria-description", tooltip.textContent.trim());
  if (!tooltip.matches(":popover-open")) tooltip.showPopover();
});
const hideTooltip = (event) => interest(event, (tooltip) => { if (tooltip.matches(":popover-open")) tooltip.hidePopover(); });
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, showTooltip);
for (const kind of ["mouseout", "focusout"]) document.addEventListener(kind, hideTooltip);

Object.assign(ELEMENTS, { "s-modal": Modal, "s-popover": Popover, "s-menu": Menu, "s-tooltip": Tooltip });
