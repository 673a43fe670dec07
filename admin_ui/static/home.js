// Starts the living parts of "Home": the status line, the guide of the first day, the table of segments.

import "./components.js";
import { connectGuide } from "./first_run.js";
import { connectPermissions } from "./permissions.js";
import { showProblems } from "./problems.js";
import { showSegments } from "./segments.js";
import { follow } from "./status.js";

const status = follow(document.querySelector("[data-progress]"), (seen) => {
  showSegments(seen.segments);
  showProblems(seen.problems);
  document.getElementById("tagging-off").hidden = seen.tagging_on;
  guide?.follow(seen);
});
const place = document.getElementById("guide");
const guide = place && connectGuide(place, (seen) => status.show(seen));
connectPermissions(() => status.look());
