/** Creating the passkey of a link, and waiting for another device: an ES module. docs/script.md is its manual. */

const PAUSE = 2000; // between two looks, in milliseconds
const AWAITED = "[data-passkey-waiting]";

/** The page's own passkeys.js, by the URL on the page: another URL would load a second module. */
function core() {
  const block = document.querySelector('script#passkeys-config[type="application/json"]');
  const url = new URL(JSON.parse(block?.textContent ?? "").urls.script, location.href);
  if (url.origin !== new URL(import.meta.url).origin) throw new TypeError(`Not beside this module: ${url}`);
  return /** @type {Promise<typeof import("./passkeys.js")>} */ (import(url.href));
}

/**
 * Create the passkey of the link that was opened in this browser, and sign in with it.
 * @param {string} [link] the one that the page is about: another may have been opened meanwhile
 * @returns {Promise<Answer>} `redirect_url`: where to go now
 */
export async function enrol(link) {
  const { ceremony, decodeOptions, finalize, post, prompt } = await core();
  return ceremony("enrol", "", async (signal) => {
    const { publicKey } = await post("startEnrolment", { link }, signal);
    const options = { publicKey: decodeOptions(publicKey), signal };
    const credential = await prompt(() => navigator.credentials.create(options), signal);
    return finalize("finalizeEnrolment", credential, publicKey.rp.id);
  });
}

/** @param {HTMLButtonElement} button */
async function press(button) {
  const { go, work } = await core();
  await work(button, async () => go((await enrol(button.dataset.passkeyEnrol || undefined)).redirect_url));
}

/** @type {WeakSet<Element>} where a look is due already */
const waiting = new WeakSet();

/**
 * Look until the link was used or has ended, then go to the page that says so.
 * @param {HTMLElement} place
 */
async function wait(place) {
  if (waiting.has(place)) return;
  waiting.add(place);
  place.hidden = false; // it promises what only a script can do
  const { passkeyWaiting: url = "", passkeyThen: page = "" } = place.dataset;
  while (place.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if ((await stateOf(url)) !== "open" && place.isConnected) return location.assign(own(page));
  }
}

/** User content may have such attributes, too: never of another origin, and no script. */
function own(url = "") {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) throw new TypeError(`Of another origin: ${target}`);
  return target.href;
}

/** "open" also while the site cannot be reached: the next look may succeed. */
async function stateOf(url = "") {
  try {
    const response = await fetch(own(url), { headers: { Accept: "application/json" } });
    return response.status < 500 ? (await response.json()).state : "open";
  } catch {
    return "open";
  }
}

async function look() {
  document.querySelectorAll(AWAITED).forEach((place) => void wait(/** @type {HTMLElement} */ (place)));
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-passkey-enrol]"));
  if (!buttons.length) return;
  try {
    const { tend } = await core();
    buttons.forEach(tend);
  } catch {
    // passkeys.js did not load, and the page says so
  }
}

document.addEventListener("click", ({ target }) => {
  const button = /** @type {Element} */ (target).closest?.("[data-passkey-enrol]");
  if (button) press(/** @type {HTMLButtonElement} */ (button));
});
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // the link may be used by now
new MutationObserver(look).observe(document, { childList: true, subtree: true });
look();
