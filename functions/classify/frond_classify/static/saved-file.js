// Save a file from the page.
export function saveFile(content, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser needs the URL until it has begun to read.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
