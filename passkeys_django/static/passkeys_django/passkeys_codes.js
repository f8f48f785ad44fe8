/** The buttons that print and download recovery codes: an ES module. The codes never leave the page otherwise. */

const codes = document.querySelector("[data-passkey-codes]");

for (const button of document.querySelectorAll("[data-passkey-codes-print]")) {
  button.addEventListener("click", () => print());
  button.removeAttribute("hidden");
}

for (const link of document.querySelectorAll("[data-passkey-codes-download]")) {
  const lines = (codes?.textContent ?? "").split("\n").map((line) => line.trim());
  const text = new Blob([lines.filter(Boolean).join("\r\n") + "\r\n"], { type: "text/plain" });
  link.setAttribute("href", URL.createObjectURL(text));
  link.removeAttribute("hidden");
}
