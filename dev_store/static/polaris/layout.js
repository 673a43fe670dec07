// The frame of a page: page, section, banner.

class Page extends Element {
  static observed = ["heading"];
  static css = `
    :host { display: block; max-width: 998px; margin: 0 auto; padding: 20px 24px 48px }
    :host([inlinesize=small]) { max-width: 662px } :host([inlinesize=large]) { max-width: none }
    header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; margin-bottom: 16px }
    h1 { font-size: 20px; line-height: 24px; font-weight: 650; letter-spacing: -.01em }
    nav { flex-basis: 100% } :host(:not(:has(> [slot=breadcrumb-actions]))) nav { display: none }
    .actions { display: flex; gap: 8px } .content { display: flex; flex-direction: column; gap: 16px }
    @media (max-width: 490px) { :host { padding: 16px 0 48px } header { padding: 0 16px } }
  `;
  static html = `<header><nav><slot name="breadcrumb-actions"></slot></nav><h1></h1><div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot>
    </div></header><div class="content"><slot></slot></div>`;
  update() { this.say("h1", this.getAttribute("heading")); }
}

class Section extends Element {
  static observed = ["heading", "subheading", "accessibilitylabel"];
  static css = `
    :host { display: block } section { display: flex; flex-direction: column; gap: 12px; padding: 16px }
    :host(:not([nested])) section { background: #fff; border-radius: 12px;
      box-shadow: 0 1px 0 0 rgb(26 26 26 / .07), 0 0 0 1px rgb(26 26 26 / .06) }
    :host([nested]) section { padding: 0 }
    :host([padding=none]) section { padding: 0; overflow: hidden } :host([padding=none]) header { padding: 16px 16px 0 }
    h2, h3 { font-size: 14px; line-height: 20px; font-weight: 650 } h3 { font-size: 13px }
    header p { color: #616161 }
    @media (max-width: 490px) { :host(:not([nested])) section { border-radius: 0 } }
  `;
  static html = `<section><header><h2 id="h"></h2><p></p></header><slot></slot></section>`;
  connectedCallback() {
    if (this.parentElement?.closest("s-section") && !this.hasAttribute("nested")) {
      this.toggleAttribute("nested", true);
      this.part$("header").innerHTML = `<h3 id="h"></h3><p></p>`;
    }
    super.connectedCallback();
  }
  update() {
    const heading = this.getAttribute("heading");
    this.say("#h", heading);
    this.say("p", this.getAttribute("subheading"));
    this.part$("header").hidden = !heading && !this.hasAttribute("subheading");
    const label = this.getAttribute("accessibilitylabel") || heading;
    if (label) this.part$("section").setAttribute("aria-label", label);
  }
}

class Banner extends Element {
  static observed = ["heading", "tone"];
  static role = "status";
  static css = `
    :host { display: block } div { background: #fff; border-radius: 12px; overflow: hidden; box-shadow: 0 0 0 1px rgb(26 26 26 / .1) }
    header { padding: 10px 16px; font-weight: 650; background: #e0f0ff; color: #00527c } section { padding: 12px 16px 16px }
    ${tones((tone, back, ink) => `:host([tone=${tone}]) header { background: ${back}; color: ${ink} }`)}
    @media (max-width: 490px) { div { border-radius: 0 } }
  `;
  static html = `<div><header></header><section><slot></slot></section></div>`;
  update() {
    this.say("header", this.getAttribute("heading"));
    if (this.getAttribute("tone") === "critical") this.setAttribute("role", "alert");
  }
}

Object.assign(ELEMENTS, { "s-page": Page, "s-section": Section, "s-banner": Banner });
