// Starts the living parts of "Data and permissions": asking for permissions, downloads, and taking tags off.

import "./components.js";
import { connectDownloads } from "./downloads.js";
import { connectLeaving } from "./leaving.js";
import { connectPermissions, showPermissions } from "./permissions.js";
import { showProblems } from "./problems.js";
import { follow } from "./status.js";

const leaving = connectLeaving(document.getElementById("leaving"), (seen) => status.show(seen));
let wasBusy = true;
const status = follow(document.querySelector("[data-progress]"), (seen) => {
  showProblems(seen.problems);
  leaving.show(seen);
  if (wasBusy && !seen.busy) showPermissions();
  wasBusy = seen.busy;
});
connectPermissions(() => status.look());
connectDownloads();
