// Last of all: the elements are made known to the browser.

const define = () => { for (const [tag, element] of Object.entries(ELEMENTS)) customElements.define(tag, element); };
// Children are read on upgrade (a cell looks up its column), so wait until they are all there.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", define);
else define();
const page = new CSSStyleSheet();
page.replaceSync("body { margin: 0; background: #f1f1f1 }");
document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
