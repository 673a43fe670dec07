// What is pressed: links and buttons, and the commands they give to what lies over the page.

const LINK_ATTRIBUTES = ["href", "target", "download"];
const takeOver = (host, inner, names) => {
  for (const name of names) {
    if (host.hasAttribute(name) && host.getAttribute(name) !== "auto") inner.setAttribute(name, host.getAttribute(name));
    else inner.removeAttribute(name);
  }
};

const COMMANDS = { "--show": "showOverlay", "--hide": "hideOverlay", "--toggle": "toggleOverlay", "--auto": "toggleOverlay" };

// A link if it leads somewhere, a button if not; either may command a modal, a popover or a menu.
class Pressable extends Element {
  static observed = ["href", "target", "download", "disabled", "loading", "accessibilitylabel", "commandfor"];
  static focuses = true;
  static formAssociated = true;
  static html = "";
  static content = "<slot></slot>";

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
    else inner.removeAttribute("aria-label");
    this.#opens(inner);
  }
  // The browser itself opens popovers and tells of it (aria-expanded), if it knows which button is whose.
  #opens(inner) {
    const commanded = document.getElementById(this.getAttribute("commandfor"));
    if (commanded instanceof Floating && inner.localName === "button") inner.popoverTargetElement = commanded;
  }
  #build(kind) {
    this.shadowRoot.innerHTML = kind === "a" ? `<a>${this.constructor.content}</a>` : `<button type="button">${this.constructor.content}</button>`;
    const inner = this.part$(kind);
    for (const before of ["pointerdown", "focus"]) inner.addEventListener(before, () => this.#opens(inner));
    inner.addEventListener("click", () => this.#act());
    return inner;
  }
  #act() {
    const type = this.getAttribute("type");
    if (type === "submit") this.internals.form?.requestSubmit();
    if (type === "reset") this.internals.form?.reset();
    const commanded = document.getElementById(this.getAttribute("commandfor"));
    if (commanded instanceof Floating) commanded.from = this;
    else commanded?.[COMMANDS[this.getAttribute("command") ?? "--auto"]]?.();
  }
}

class Link extends Pressable {
  static observed = ["href", "target", "download", "accessibilitylabel", "commandfor"];
  static css = `:host { display: inline } :is(a, button) { color: #005bd3; border-radius: 4px } button { display: inline; padding: 0; border: 0; background: none; font: inherit; text-decoration: underline; cursor: pointer }
    :host([tone=neutral]) :is(a, button) { color: inherit } :host([tone=critical]) :is(a, button) { color: #8e1f0b }
    :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }`;
}

class Clickable extends Pressable {
  static css = `:host { display: block } :is(a, button) { display: block; width: 100%; padding: 0; border: 0; border-radius: 8px; background: none; font: inherit; color: inherit; text-align: inherit; text-decoration: none; cursor: pointer }
    :is(a, button):hover { background: rgb(0 0 0 / .04) } :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }`;
}

class ClickableChip extends Pressable {
  static observed = ["href", "disabled", "accessibilitylabel", "commandfor"];
  static css = `:host { display: inline-block } :is(a, button) { display: inline-block; padding: 2px 8px; border: 0; border-radius: 8px; background: #ebebeb; font: inherit; font-size: 12px; line-height: 16px; color: inherit; text-decoration: none; cursor: pointer }
    :host([color=strong]) :is(a, button) { background: #303030; color: #fff } :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }`;
}

class Button extends Pressable {
  static observed = [...Pressable.observed, "icon"];
  static content = "<s-icon hidden></s-icon><slot></slot>";
  static css = `
    :host { display: inline-block } :host([inlinesize=fill]) { display: block } :host([inlinesize=fill]) :is(a, button) { width: 100%; text-align: center }
    s-icon { width: 16px; height: 16px; margin: 0 4px 0 -2px }
    a, button { display: inline-block; min-height: 32px; padding: 6px 12px; border: 0; border-radius: 8px; cursor: pointer; font: inherit; font-weight: 600;
      font-size: 12px; text-decoration: none; background: #fff; color: #303030; box-shadow: inset 0 0 0 1px #e3e3e3, inset 0 -1px 0 0 #b5b5b5 }
    :host([variant=primary]) :is(a, button) { background: #303030; color: #fff; box-shadow: none }
    :host([variant=tertiary]) :is(a, button) { background: none; box-shadow: none }
    :host([tone=critical]) :is(a, button) { color: #8e1f0b }
    :host([tone=critical][variant=primary]) :is(a, button) { background: #c70a24; color: #fff }
    :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }
    :host(:is([disabled], [loading])) button:disabled { background: #ebebeb; color: #6b6b6b; box-shadow: none; cursor: default } :host([loading]) button { cursor: progress }
  `;
  update() {
    super.update();
    const sign = this.part$("s-icon");
    sign.hidden = !this.hasAttribute("icon");
    sign.setAttribute("type", this.getAttribute("icon") ?? "");
  }
}

class PressButton extends Button {
  static observed = ["disabled", "loading", "accessibilitylabel", "icon", "pressed"];
  static css = `${Button.css} :host([pressed]) button { background: #ebebeb; box-shadow: inset 0 1px 3px rgb(0 0 0 / .3) }`;
  update() {
    super.update();
    this.part$("button").setAttribute("aria-pressed", String(this.hasAttribute("pressed")));
  }
}

class ButtonGroup extends Element {
  static role = "group";
  static css = ":host { display: flex; flex-wrap: wrap; gap: 8px } :host([gap=none]) { gap: 0 }";
  static html = `<slot name="secondary-actions"></slot><slot></slot><slot name="primary-action"></slot>`;
}

Object.assign(ELEMENTS, {
  "s-link": Link, "s-button": Button, "s-press-button": PressButton, "s-button-group": ButtonGroup, "s-clickable": Clickable,
  "s-clickable-chip": ClickableChip,
});
