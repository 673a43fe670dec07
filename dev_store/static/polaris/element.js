// What every element is made of: its own style sheet, its markup, and an update at every change of an attribute.

// Tag → class; every file adds its own, and the last one defines them.
const ELEMENTS = {};

const SHARED = `
  :host { box-sizing: border-box; font: 400 13px/20px Inter, system-ui, -apple-system, "Segoe UI", sans-serif; color: #303030 }
  :host([hidden]) { display: none !important }
  * { box-sizing: border-box }
  h1, h2, h3, p { margin: 0 }
  slot[name] { display: contents }
  .heard-only { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
`;
const NARROW = "@media (max-width: 490px)";
const TONES = {
  neutral: ["#ebebeb", "#4a4a4a"], info: ["#e0f0ff", "#00527c"], success: ["#cdfee1", "#0c5132"],
  caution: ["#fff8db", "#4f4700"], warning: ["#ffd6a4", "#5e4200"], critical: ["#fedad9", "#8e1f0b"],
};
const tones = (rule) => Object.entries(TONES).map(([tone, [back, ink]]) => rule(tone, back, ink)).join("\n");

class Element extends HTMLElement {
  static css = "";
  static html = "<slot></slot>";
  static role = "";
  static observed = [];

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: this.constructor.focuses });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHARED + this.constructor.css);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = this.constructor.html;
    // What an empty slot stands in takes no room; :host() cannot ask for children.
    root.addEventListener("slotchange", ({ target }) => target.classList.toggle("filled", target.assignedNodes().length > 0));
  }

  static get observedAttributes() { return this.observed; }
  part$(selector) { return this.shadowRoot.querySelector(selector); }
  connectedCallback() {
    if (this.constructor.role && !this.hasAttribute("role")) this.setAttribute("role", this.constructor.role);
    this.update();
  }
  attributeChangedCallback() { this.update(); }
  update() {}
  // What attributes ask for beyond the sheet of the class: lengths, columns.
  style$(css) {
    this.#own ??= new CSSStyleSheet();
    this.#own.replaceSync(css);
    if (!this.shadowRoot.adoptedStyleSheets.includes(this.#own)) this.shadowRoot.adoptedStyleSheets.push(this.#own);
  }
  #own;
  tell(...names) { for (const name of names) this.dispatchEvent(new Event(name, { bubbles: true })); }
  say(selector, text) {
    const place = this.part$(selector);
    place.textContent = text || "";
    place.hidden = !text;
  }
}
