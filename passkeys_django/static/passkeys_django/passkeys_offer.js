/** The offer of a passkey, shown once the browser can keep the promise: an ES module. docs/script.md is its manual. */

const PATIENCE = 2000; // with a browser that does not say what it can, in milliseconds

/** The page's own passkeys.js, by the URL on the page: another URL would load a second module. */
function core() {
  const block = document.querySelector('script#passkeys-config[type="application/json"]');
  const url = new URL(JSON.parse(block?.textContent ?? "").urls.script, location.href);
  if (url.origin !== new URL(import.meta.url).origin) throw new TypeError(`Not beside this module: ${url}`);
  return /** @type {Promise<typeof import("./passkeys.js")>} */ (import(url.href));
}

/** @type {typeof import("./passkeys.js") | undefined} */
let passkeys;

async function load() {
  try {
    passkeys ??= await core();
  } catch {
    // passkeys.js did not load, and the page says so
  }
  return passkeys;
}

/** @typedef {Record<string, boolean | undefined>} Abilities by the names of WebAuthn L3, 5.8.7; undefined: not known */

/**
 * What the browser says of itself; nothing if it is late.
 * @returns {Promise<Abilities>}
 */
async function abilities() {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    return (await Promise.race([PublicKeyCredential.getClientCapabilities?.() ?? asked(), late])) ?? {};
  } catch {
    return {};
  }
}

/** In browsers that cannot list what they can. */
async function asked() {
  const here = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  return { userVerifyingPlatformAuthenticator: here, passkeyPlatformAuthenticator: here };
}

/**
 * Where the card promises this device, only this device will do. A card with a date stays, whatever the browser can.
 * @param {HTMLElement} offer
 * @param {Abilities} able
 */
function show(offer, able) {
  const { passkeyOffer: promise } = offer.dataset;
  const here = able.userVerifyingPlatformAuthenticator === true;
  const button = /** @type {HTMLElement | null} */ (offer.querySelector("[data-passkey-register]"));
  if (button && here && promise !== "due") button.dataset.passkeyDevice = "this";
  const shown = promise === "this device" ? here : able.passkeyPlatformAuthenticator !== false;
  if (shown) place(offer).hidden = false;
}

/**
 * Without a dialog, once in a browser session, and not while something else runs.
 * @param {Abilities} able
 * @param {typeof import("./passkeys.js")} passkeys
 */
async function createByItself(able, { config, keep, register }) {
  if (!config().conditionalCreate || !able.conditionalCreate) return;
  if (document.querySelector('[data-passkeys] [aria-busy="true"]') || keep("conditional", "1")) return;
  try {
    await register({ conditional: true });
  } catch (error) {
    console.info("passkeys:", error);
  }
}

/**
 * The card, with the lines for messages below it.
 * @param {HTMLElement} offer
 */
function place(offer) {
  return /** @type {HTMLElement} */ (offer.closest("[data-passkeys]") ?? offer);
}

function find() {
  return /** @type {HTMLElement | null} */ (document.querySelector("[data-passkey-offer]"));
}

/** @type {WeakMap<Element, Promise<Abilities>>} */
const known = new WeakMap();

async function look() {
  const offer = find();
  if (!offer || !window.PublicKeyCredential) return;
  const before = known.get(offer);
  const asked = before ?? abilities();
  known.set(offer, asked);
  const [able, loaded] = await Promise.all([asked, load()]);
  if (!loaded || !offer.isConnected) return;
  show(offer, able); // a morph puts back what the site has sent: hidden
  if (!before) createByItself(able, loaded);
}

/**
 * At once: passkeys.js looks whether its button is still there.
 * @param {HTMLElement} offer
 * @param {typeof import("./passkeys.js")} passkeys
 */
function thank(offer, { config, say }) {
  const wasPressed = offer.querySelector('[aria-busy="true"]') !== null;
  const card = place(offer);
  card.hidden = false;
  card.dataset.turboTemporary = ""; // not in Turbo's copies
  addEventListener("pageshow", ({ persisted }) => persisted && card.remove()); // its message is cleared
  say(offer, { status: config().texts.created });
  const status = /** @type {HTMLElement | null} */ (card.querySelector("[data-passkey-status]"));
  offer.remove();
  if (!status || !wasPressed) return;
  status.tabIndex = -1; // with the button, the focus went
  status.focus();
}

document.addEventListener("passkeys:success", (event) => {
  const { action } = /** @type {CustomEvent} */ (event).detail;
  const offer = find();
  if (action === "register" && offer && passkeys) thank(offer, passkeys);
});
new MutationObserver(look).observe(document, {
  childList: true,
  subtree: true,
  attributeFilter: ["hidden"],
});
look();
