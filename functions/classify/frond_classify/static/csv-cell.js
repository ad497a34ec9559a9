// Cells of CSV files that spreadsheet programs do not execute. They evaluate a cell that begins with =, +, -, @, a tab
// or a line break, such as a file named "=HYPERLINK(…)". An apostrophe before it makes it text (OWASP, "CSV
// Injection").
const START_OF_FORMULA = new RegExp("(^|[;\\t\\r\\n])( *)(?='*[=+\\-@＝＋－＠])", "g");
const LEADING_BREAK = new RegExp("^(?='*[\\t\\r\\n])");

// Where a semicolon or a tab separates columns, each begins a cell within the cell.
export const neutralize = (text) => text.replace(LEADING_BREAK, "'").replace(START_OF_FORMULA, "$1$2'");

const quote = (text) => (new RegExp("[\",\\r\\n]").test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text);

// Numbers stay numbers; a missing value is an empty cell.
export const csvCell = (value) => (typeof value === "number" ? String(value) : quote(neutralize(value ?? "")));

export const csvLine = (values) => `${values.map(csvCell).join(",")}\r\n`;
