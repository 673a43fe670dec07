// What is pressed: links and buttons, and the commands a button gives to a modal.

const LINK_ATTRIBUTES = ["href", "target", "download"];
const takeOver = (host, inner, names) => {
  for (const name of names) {
    if (host.hasAttribute(name) && host.getAttribute(name) !== "auto") inner.setAttribute(name, host.getAttribute(name));
    else inner.removeAttribute(name);
  }
};

class Link extends Element {
  static observed = ["href", "target", "download"];
  static css = `:host { display: inline } a { color: #005bd3; border-radius: 4px } a:focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }`;
  static html = `<a><slot></slot></a>`;
  update() { takeOver(this, this.part$("a"), LINK_ATTRIBUTES); }
}

const COMMANDS = { "--show": "showOverlay", "--hide": "hideOverlay", "--toggle": "toggleOverlay", "--auto": "toggleOverlay" };

class Button extends Element {
  static observed = ["href", "target", "download", "disabled", "loading", "accessibilitylabel"];
  static focuses = true;
  static formAssociated = true;
  static html = "";
  static css = `
    :host { display: inline-block }
    a, button { display: inline-block; min-height: 32px; padding: 6px 12px; border: 0; border-radius: 8px; cursor: pointer; font: inherit; font-weight: 600;
      font-size: 12px; text-decoration: none; background: #fff; color: #303030; box-shadow: inset 0 0 0 1px #e3e3e3, inset 0 -1px 0 0 #b5b5b5 }
    :host([variant=primary]) :is(a, button) { background: #303030; color: #fff; box-shadow: none }
    :host([variant=tertiary]) :is(a, button) { background: none; box-shadow: none }
    :host([tone=critical]) :is(a, button) { color: #8e1f0b }
    :host([tone=critical][variant=primary]) :is(a, button) { background: #c70a24; color: #fff }
    :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }
    :host(:is([disabled], [loading])) button:disabled { background: #ebebeb; color: #6b6b6b; box-shadow: none; cursor: default } :host([loading]) button { cursor: progress }
  `;
  constructor() { super(); this.internals = this.attachInternals(); }
  update() {
    const kind = this.hasAttribute("href") ? "a" : "button";
    // Kept while it is of the right kind: a button that starts loading must not lose the focus.
    const inner = this.part$(kind) ?? this.#build(kind);
    if (kind === "a") takeOver(this, inner, LINK_ATTRIBUTES);
    else inner.disabled = this.hasAttribute("disabled") || this.hasAttribute("loading");
    inner.toggleAttribute("aria-busy", false);
    if (this.hasAttribute("loading")) inner.setAttribute("aria-busy", "true");
    if (this.hasAttribute("accessibilitylabel")) inner.setAttribute("aria-label", this.getAttribute("accessibilitylabel"));
  }
  #build(kind) {
    this.shadowRoot.innerHTML = kind === "a" ? "<a><slot></slot></a>" : `<button type="button"><slot></slot></button>`;
    const inner = this.part$(kind);
    inner.addEventListener("click", () => this.#act());
    return inner;
  }
  #act() {
    const type = this.getAttribute("type");
    if (type === "submit") this.internals.form?.requestSubmit();
    if (type === "reset") this.internals.form?.reset();
    const commanded = document.getElementById(this.getAttribute("commandfor"));
    commanded?.[COMMANDS[this.getAttribute("command") ?? "--auto"]]?.();
  }
}

Object.assign(ELEMENTS, { "s-link": Link, "s-button": Button });
