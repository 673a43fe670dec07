// Fields of a form that are switched and chosen.

class Checkbox extends Element {
  static observed = ["label", "details", "error", "checked", "disabled", "required"];
  static focuses = true;
  static formAssociated = true;
  static css = `
    :host { display: block } label { display: flex; gap: 8px; cursor: pointer } input { width: 16px; height: 16px; margin: 2px 0 0; accent-color: #303030 }
    .details, .error { margin: 2px 0 0 24px } .details { color: #616161 } .error { color: #8e1f0b }
  `;
  static html = `<label><input type="checkbox" aria-describedby="d e"><span></span></label>
    <div class="details" id="d"></div><div class="error" id="e"></div>`;
  #touched = false;

  constructor() {
    super();
    this.internals = this.attachInternals();
    this.part$("input").addEventListener("change", () => {
      this.#take();
      this.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  get name() { return this.getAttribute("name"); }
  get form() { return this.internals.form; }
  get value() { return this.getAttribute("value") || "on"; }
  set value(value) { this.setAttribute("value", value); }
  get defaultValue() { return this.value; }
  get checked() { return this.part$("input").checked; }
  set checked(checked) { this.part$("input").checked = Boolean(checked); this.#take(); }
  get defaultChecked() { return this.hasAttribute("checked"); }
  set defaultChecked(checked) { this.toggleAttribute("checked", Boolean(checked)); }
  get error() { return this.getAttribute("error") || ""; }
  set error(text) { if (text) this.setAttribute("error", text); else this.removeAttribute("error"); }
  formResetCallback() { this.#touched = false; this.update(); }
  #take() { this.#touched = true; this.#report(); }
  #report() { this.internals.setFormValue(this.checked ? this.value : null); }
  update() {
    const input = this.part$("input");
    if (!this.#touched) { input.checked = this.defaultChecked; this.#report(); }
    input.disabled = this.hasAttribute("disabled");
    input.required = this.hasAttribute("required");
    input.setAttribute("aria-invalid", String(Boolean(this.error)));
    this.say("label span", this.getAttribute("label"));
    this.say(".details", this.getAttribute("details"));
    this.say(".error", this.error);
  }
}

Object.assign(ELEMENTS, { "s-checkbox": Checkbox });
