// Starts the page of a segment to be added: its rule with the preview, and the button that adds it.

import "./components.js";
import { connectRule, showErrors } from "./rule_form.js";
import { connectPreview } from "./segment_preview.js";
import { connectSaving, go } from "./segment_saving.js";

const form = document.getElementById("segment");
const on = document.getElementById("on");
// Nothing is wrong with what nobody has filled in yet: errors show from the first change on.
let touched = false;

const rule = connectRule(form, () => (on.checked ? {} : { on: false }), () => {
  touched = true;
  preview.again();
});
const preview = connectPreview(
  document.getElementById("preview"),
  () => ({ bit: null, segment: rule.definition() }),
  ({ errors }) => { if (touched) showErrors(form, errors); },
);

connectSaving(form, rule, {
  method: "POST",
  body: () => ({}),
  onSaved: ({ bit }) => go(form.dataset.pages.replace("/segments/0", `/segments/${bit}`)),
});
