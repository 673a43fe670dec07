// Starts the living parts of "Settings": the form, what is suggested beside its fields, renaming, and the status line.

import "./components.js";
import { showProblems } from "./problems.js";
import { connectRenaming } from "./renaming.js";
import { connectForm } from "./settings_form.js";
import { follow } from "./status.js";
import { connectSuggestions } from "./suggestions.js";

const status = follow(document.querySelector("[data-progress]"), (seen) => showProblems(seen.problems));
const form = document.getElementById("settings");
connectForm(form, (saved) => status.show(saved.status));
connectSuggestions(form);
connectRenaming(form, (renamed) => status.show(renamed.status));
