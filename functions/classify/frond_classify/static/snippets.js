import { resolveUrl } from "./api.js";
import { messages } from "./i18n.js";
import { language } from "./locale.js";
import { plant } from "./plant.js";
import { byId, setStatus } from "./views.js";

// The request of the answer as programs. The key is a variable: what is copied may be pasted in public.
const classificationsUrl = () => resolveUrl(`v1/classifications?top=5&lang=${language}`);

const shellQuote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const curlQuote = (name) => `"${name.replaceAll("\\", "\\\\").replaceAll("\"", "\\\"")}"`;

const SNIPPETS = {
  curl: (names) => [
    "curl -H \"x-api-key: $FROND_KEY\" \\",
    ...names.map((name) => `  -F ${shellQuote(`image=@${curlQuote(name)}`)} \\`),
    `  ${shellQuote(classificationsUrl())}`,
  ],
  python: (names) => [
    "import os",
    "",
    "import requests",
    "",
    `names = ${JSON.stringify(names)}`,
    "response = requests.post(",
    `    ${JSON.stringify(classificationsUrl())},`,
    "    headers={\"x-api-key\": os.environ[\"FROND_KEY\"]},",
    "    files=[(\"image\", open(name, \"rb\")) for name in names],",
    ")",
    "print(response.json())",
  ],
  javascript: (names) => [
    "import { openAsBlob } from \"node:fs\";",
    "",
    "const form = new FormData();",
    `for (const name of ${JSON.stringify(names)}) form.append("image", await openAsBlob(name), name);`,
    `const response = await fetch(${JSON.stringify(classificationsUrl())}, {`,
    "  method: \"POST\",",
    "  headers: { \"x-api-key\": process.env.FROND_KEY },",
    "  body: form,",
    "});",
    "console.log(await response.json());",
  ],
};

export async function copySnippet(kind) {
  const text = SNIPPETS[kind](plant.photos.map(({ name }) => name)).join("\n");
  const isCopied = await navigator.clipboard.writeText(text).then(() => true, () => false);
  byId("snippet").textContent = text;
  byId("snippet").hidden = false;
  byId("snippet-status").textContent = isCopied ? messages.snippetCopied : messages.snippetShown;
  setStatus(byId("snippet-status").textContent);
}

export function hideSnippet() {
  byId("snippet").hidden = true;
  byId("snippet-status").textContent = "";
}
