import { fetchApi } from "./api.js";
import { toProblemError } from "./errors.js";
import { saveFile } from "./saved-file.js";
import { setNotices, setStatus } from "./views.js";

// Save the report of the active model. Opened here, the page's policy would forbid its styles.
export async function downloadReport() {
  try {
    const response = await fetchApi("v1/model/report");
    saveFile(await response.blob(), "frond-model-report.html", "text/html");
  } catch (error) {
    const text = toProblemError(error).texts.join(". ");
    setNotices(() => text);
    setStatus(text);
  }
}
