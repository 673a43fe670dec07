// Fields of a form that take what is typed.

class Field extends Element {
  static observed = ["label", "details", "error", "value", "prefix", "suffix", "disabled", "readonly", "required", "placeholder"];
  static focuses = true;
  static formAssociated = true;
  static css = `
    :host { display: block; min-width: 0 } label { display: block; margin-bottom: 4px }
    .box { display: flex; align-items: center; gap: 4px; min-height: 32px; padding: 0 12px; background: #fdfdfd; border: 1px solid #8a8a8a; border-radius: 8px }
    .box:hover { border-color: #616161 } .box:focus-within { outline: 2px solid #005bd3; outline-offset: 1px; background: #fff }
    input { flex: 1; min-width: 0; width: 100%; padding: 5px 0; border: 0; outline: 0; background: none; font: inherit; font-size: 13px; color: inherit }
    .prefix, .suffix, .details { color: #616161 } .details, .error { margin-top: 4px }
    .error { display: flex; gap: 6px; color: #8e1f0b } .error::before { content: "!" / ""; flex: none; width: 16px; height: 16px; margin-top: 2px; border-radius: 50%;
      background: #c70a24; color: #fff; font: 700 12px/16px Inter, system-ui, sans-serif; text-align: center }
    .error[hidden] { display: none }
    :host([error]:not([error=""])) .box { background: #fee9e8; border-color: #8e0b21 }
    @media (max-width: 490px) { .box { min-height: 40px } input { font-size: 16px } }
  `;
  static html = `<label for="i"></label><div class="box"><span class="prefix"></span><input id="i" aria-describedby="d e" autocomplete="off">
    <span class="suffix"></span></div><div class="details" id="d"></div><div class="error" id="e"></div>`;
  #touched = false;

  constructor() {
    super();
    this.internals = this.attachInternals();
    const input = this.part$("input");
    input.addEventListener("input", () => this.#take());
    input.addEventListener("change", () => this.dispatchEvent(new Event("change", { bubbles: true })));
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") this.internals.form?.requestSubmit(); });
  }
  get name() { return this.getAttribute("name"); }
  get form() { return this.internals.form; }
  get value() { return this.part$("input").value; }
  set value(value) { this.part$("input").value = value ?? ""; this.#take(); }
  get defaultValue() { return this.getAttribute("value") || ""; }
  set defaultValue(value) { this.setAttribute("value", value); }
  get error() { return this.getAttribute("error") || ""; }
  set error(text) { if (text) this.setAttribute("error", text); else this.removeAttribute("error"); }
  formResetCallback() { this.#touched = false; this.update(); }
  #take() { this.#touched = true; this.internals.setFormValue(this.value); }
  prefix() { return this.getAttribute("prefix"); }
  update() {
    const input = this.part$("input");
    if (!this.#touched) { input.value = this.defaultValue; this.internals.setFormValue(input.value); }
    input.disabled = this.hasAttribute("disabled");
    input.readOnly = this.hasAttribute("readonly");
    input.required = this.hasAttribute("required");
    input.placeholder = this.getAttribute("placeholder") || "";
    input.inputMode = this.getAttribute("inputmode") || "decimal";
    input.setAttribute("aria-invalid", String(Boolean(this.error)));
    this.say("label", this.getAttribute("label"));
    this.say(".prefix", this.prefix());
    this.say(".suffix", this.getAttribute("suffix"));
    this.say(".details", this.getAttribute("details"));
    this.say(".error", this.error);
  }
}

class MoneyField extends Field {
  prefix() {
    const currency = this.getAttribute("currencycode");
    if (!currency || currency === "auto") return "";
    const parts = new Intl.NumberFormat("en", { style: "currency", currency }).formatToParts(0);
    return parts.find((part) => part.type === "currency").value;
  }
}

Object.assign(ELEMENTS, { "s-number-field": Field, "s-money-field": MoneyField });
