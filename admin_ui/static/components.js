// Imported before anything else by each page's script: whatever imports it runs when the components on the page are
// what they seem. Before that a field has no value, and a button keeps what it is told to itself.

const PATIENCE_MS = 5_000;
const there = new Set([...document.body.querySelectorAll("*")].map(({ localName }) => localName).filter((name) => name.startsWith("s-")));
const late = new Promise((goOn) => setTimeout(goOn, PATIENCE_MS));
await Promise.race([late, Promise.all([...there].map((name) => customElements.whenDefined(name)))]);
