// Starts the living parts of the first page: the status line that follows the work, and the form that causes it.

import { connectPermissions } from "./permissions.js";
import { showProblems } from "./problems.js";
import { connectForm } from "./segment_form.js";
import { showSegments } from "./segments.js";
import { follow } from "./status.js";

const status = follow(document.querySelector("[data-progress]"), (seen) => {
  showSegments(seen.segments);
  showProblems(seen.problems);
  document.getElementById("tagging-off").hidden = seen.tagging_on;
});
connectForm(document.getElementById("thresholds"), (saved) => status.show(saved.status));
connectPermissions(() => status.look());
