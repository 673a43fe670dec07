// Starts the two living parts of the page: the status line that follows the work, and the form that causes it.

import { connectForm } from "./segment_form.js";
import { follow } from "./status.js";

const status = follow(document.getElementById("status"));
connectForm(document.getElementById("thresholds"), (saved) => status.show(saved.status));
