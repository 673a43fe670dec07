// Small signs: icons (the few that are drawn here; any other is a ring), a spinner, a progress bar.

const stroke = (d) => `<path d="${d}" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>`;
const ICONS = {
  "info": "M10 9v5M10 6v.1M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15", "check": "M4 10.5l4 4l8-9", "check-circle": "M6.5 10l2.5 2.5l4.5-5M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15",
  "alert-triangle": "M10 3l7.5 13.5h-15zM10 8v4M10 14v.1", "alert-circle": "M10 6v5M10 14v.1M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15",
  "search": "M9 3.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M13 13l4 4", "x": "M5 5l10 10M15 5l-10 10", "plus": "M10 4v12M4 10h12", "minus": "M4 10h12",
  "chevron-right": "M8 5l5 5l-5 5", "chevron-left": "M12 5l-5 5l5 5", "chevron-down": "M5 8l5 5l5-5", "chevron-up": "M5 12l5-5l5 5",
  "arrow-up": "M10 16V4M5 9l5-5l5 5", "arrow-down": "M10 4v12M5 11l5 5l5-5", "arrow-right": "M4 10h12M11 5l5 5l-5 5", "arrow-left": "M16 10H4M9 5l-5 5l5 5",
  "edit": "M4 16l1-4l8-8l3 3l-8 8z", "delete": "M4 6h12M8 6V4h4v2M6 6l1 10h6l1-10", "external": "M11 4h5v5M16 4l-7 7M14 12v4H4V6h4", "clock": "M10 6v4l3 2M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15",
  "person": "M10 4a3 3 0 1 0 0 6a3 3 0 1 0 0-6M4 17c1-5 11-5 12 0", "menu-horizontal": "M5 10v.1M10 10v.1M15 10v.1", "undo": "M7 5L3.5 8.5L7 12M4 8.5h8a4 4 0 0 1 0 8H9",
  "filter": "M3 6h14M6 10h8M9 14h2", "sort": "M7 4v12M4 13l3 3l3-3M13 16V4M10 7l3-3l3 3", "export": "M10 12V3M6 7l4-4l4 4M4 13v4h12v-4", "question-circle": "M8 8a2 2 0 1 1 2.5 2c-.5.2-.5.5-.5 1.5M10 14v.1M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15",
};

class Icon extends Element {
  static observed = ["type"];
  static css = `:host { display: inline-block; width: 20px; height: 20px; vertical-align: middle; color: inherit } :host([size=small]) { width: 16px; height: 16px } svg { display: block; width: 100%; height: 100% }
    :host([color=subdued]) { color: #616161 } ${tones((tone, _, ink) => `:host([tone=${tone}]) { color: ${ink} }`)}`;
  static html = `<svg viewBox="0 0 20 20" aria-hidden="true"></svg>`;
  update() { this.part$("svg").innerHTML = stroke(ICONS[this.getAttribute("type")] ?? "M10 7a3 3 0 1 0 0 6a3 3 0 1 0 0-6"); }
}

class Spinner extends Element {
  static observed = ["accessibilitylabel"];
  static role = "status";
  static css = `:host { display: inline-block } i { display: block; width: 20px; height: 20px; border: 3px solid #ebebeb; border-top-color: #303030; border-radius: 50% }
    :host([size|=large]) i { width: 44px; height: 44px }
    @media (prefers-reduced-motion: no-preference) { i { animation: turn 1s linear infinite } @keyframes turn { to { rotate: 1turn } } }`;
  static html = `<i></i><span class="heard-only"></span>`;
  update() { this.part$("span").textContent = this.getAttribute("accessibilitylabel") ?? ""; }
}

class Progress extends Element {
  static observed = ["value", "max", "accessibilitylabel"];
  static css = `:host { display: block } progress { display: block; width: 100%; height: 8px; accent-color: #303030 } :host([tone=success]) progress { accent-color: #29845a }
    :host([tone=info]) progress { accent-color: #005bd3 }`;
  static html = "<progress></progress>";
  update() {
    takeOver(this, this.part$("progress"), ["value", "max"]);
    this.part$("progress").setAttribute("aria-label", this.getAttribute("accessibilitylabel") ?? "");
  }
}

Object.assign(ELEMENTS, { "s-icon": Icon, "s-spinner": Spinner, "s-progress": Progress });
