/** Signing up with a passkey: an ES module for `<form data-passkey-signup>`. docs/script.md is its manual. */

/** The page's own passkeys.js, by the URL on the page: another URL would load a second module. */
function core() {
  const block = document.querySelector('script#passkeys-config[type="application/json"]');
  const url = new URL(JSON.parse(block?.textContent ?? "").urls.script, location.href);
  if (url.origin !== new URL(import.meta.url).origin) throw new TypeError(`Not beside this module: ${url}`);
  return /** @type {Promise<typeof import("./passkeys.js")>} */ (import(url.href));
}

/**
 * Make an account and its passkey.
 * @param {Record<string, unknown>} data what the form asks for, by the names of its fields
 * @returns {Promise<Answer>} `redirect_url`: where to go now
 */
export async function signup(data) {
  const { ceremony, decodeOptions, finalize, post, prompt } = await core();
  return ceremony("signup", "", async (signal) => {
    const { publicKey } = await post("startSignup", data, signal);
    const options = { publicKey: decodeOptions(publicKey), signal };
    const credential = await prompt(() => navigator.credentials.create(options), signal);
    return finalize("finalizeSignup", credential, publicKey.rp.id);
  });
}

/** @param {HTMLFormElement} form */
function filledIn(form) {
  const data = new FormData(form);
  return Object.fromEntries([...data.keys()].map((name) => [name, data.getAll(name)]));
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function submit(form, button) {
  const data = filledIn(form); // what is disabled is left out
  const { go, work } = await core();
  const error = await work(button, async () => go((await signup(data)).redirect_url));
  if (error) (mark(form, error.problem.errors ?? {}) ?? button).focus();
}

/**
 * Mark the fields that the site refuses.
 * @param {HTMLFormElement} form
 * @param {Record<string, string[]>} errors
 * @returns {HTMLInputElement | undefined} the first of them
 */
function mark(form, errors) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements]).filter((field) => field.name);
  for (const field of fields) field.setAttribute("aria-invalid", String(field.name in errors));
  return fields.find((field) => field.name in errors);
}

/**
 * @param {Document | HTMLFormElement} root
 * @returns {NodeListOf<HTMLButtonElement>}
 */
function buttons(root) {
  return root.querySelectorAll("[data-passkey-signup] button[type=submit]");
}

async function look() {
  if (!buttons(document).length) return;
  try {
    const { tend } = await core();
    buttons(document).forEach(tend);
  } catch {
    // passkeys.js did not load, and the page says so
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("[data-passkey-signup]")) return;
  event.preventDefault();
  submit(form, buttons(form)[0]);
});
new MutationObserver(look).observe(document, {
  childList: true,
  subtree: true,
  attributeFilter: ["aria-busy"], // ours, which a morph takes away
});
look();
