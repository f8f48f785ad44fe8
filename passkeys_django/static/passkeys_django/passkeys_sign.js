/** Signing what a page shows: an ES module. docs/script.md is its manual. */

/** The page's own passkeys.js, by the URL on the page: another URL would load a second module. */
function core() {
  const block = document.querySelector('script#passkeys-config[type="application/json"]');
  const url = new URL(JSON.parse(block?.textContent ?? "").urls.script, location.href);
  if (url.origin !== new URL(import.meta.url).origin) throw new TypeError(`Not beside this module: ${url}`);
  return /** @type {Promise<typeof import("./passkeys.js")>} */ (import(url.href));
}

/** The options of the page, made for the text that the page shows. */
function optionsOfPage() {
  const block = document.querySelector('script#passkeys-sign-options[type="application/json"]');
  return JSON.parse(block?.textContent ?? "");
}

/** @param {HTMLButtonElement} button */
async function press(button) {
  const { ceremony, decodeOptions, encodeCredential, prompt, work } = await core();
  const error = await work(button, async () => {
    const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-passkey-signed-form]"));
    const credential = await ceremony("sign", "", (signal) => {
      const options = { publicKey: decodeOptions(optionsOfPage()), signal };
      return prompt(() => navigator.credentials.get(options), signal);
    });
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("passkey"));
    field.value = JSON.stringify(encodeCredential(credential));
    HTMLFormElement.prototype.submit.call(form); // a field may be called "submit"
  });
  if (error) button.closest("[data-passkeys]")?.querySelector("[data-passkey-alert] a")?.remove(); // it empties the form
}

async function look() {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-passkey-sign]"));
  if (!buttons.length) return;
  try {
    const { tend } = await core();
    buttons.forEach(tend);
  } catch {
    // passkeys.js did not load, and the page says so
  }
}

document.addEventListener("click", ({ target }) => {
  const button = /** @type {Element} */ (target).closest?.("[data-passkey-sign]");
  if (button) press(/** @type {HTMLButtonElement} */ (button));
});
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // it may be signed by now
new MutationObserver(look).observe(document, { childList: true, subtree: true });
look();
