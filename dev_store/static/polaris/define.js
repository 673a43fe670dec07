// Last of all: the elements get a property for each of their attributes, and are made known to the browser.

const SPELLED = {
  accessibilitylabel: "accessibilityLabel", accessibilityrole: "accessibilityRole", commandfor: "commandFor", haspreviouspage: "hasPreviousPage", hasnextpage: "hasNextPage",
  inlinesize: "inlineSize", inputmode: "inputMode", labelaccessibilityvisibility: "labelAccessibilityVisibility", maxlength: "maxLength", readonly: "readOnly",
};
const YES_OR_NO = new Set([
  "disabled", "loading", "paginate", "haspreviouspage", "hasnextpage", "removable", "required", "readonly", "indeterminate", "dismissible", "multiple", "pressed",
]);

function reflect(element, name) {
  const spelled = SPELLED[name] ?? name;
  if (spelled in element.prototype) return;
  const put = (host, value) => { if (value === null || value === undefined) host.removeAttribute(name); else host.setAttribute(name, value); };
  Object.defineProperty(element.prototype, spelled, {
    configurable: true,
    get() { return YES_OR_NO.has(name) ? this.hasAttribute(name) : this.getAttribute(name) ?? ""; },
    set(value) { if (YES_OR_NO.has(name)) this.toggleAttribute(name, Boolean(value)); else put(this, value); },
  });
}

const define = () => {
  for (const [tag, element] of Object.entries(ELEMENTS)) {
    for (const name of element.observed) reflect(element, name);
    customElements.define(tag, element);
  }
};
// Children are read on upgrade (a cell looks up its column), so wait until they are all there.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", define);
else define();
const page = new CSSStyleSheet();
page.replaceSync("body { margin: 0; background: #f1f1f1 }");
document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
