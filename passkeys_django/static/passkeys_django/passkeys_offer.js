/** The offer of a passkey, shown once the browser can keep the promise: an ES module. docs/script.md is its manual. */

const PATIENCE = 2000; // with a browser that does not say what it can, in milliseconds

/** The page's own passkeys.js, by the URL on the page: another URL would load a second module. */
const { config, keep, register, say, watch } =
  /** @type {typeof import("./passkeys.js")} */ (await import(beside()));

/** The URL of passkeys.js, on this module's origin. User content may have the block's id, but holds no script. */
function beside() {
  const block = document.querySelector('script#passkeys-config[type="application/json"]');
  const url = new URL(JSON.parse(block?.textContent ?? "").urls.script, location.href);
  if (url.origin !== new URL(import.meta.url).origin) throw new TypeError(`Not beside this module: ${url}`);
  return url.href;
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
 */
async function createByItself(able) {
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

/** @type {WeakSet<Element>} */
const seen = new WeakSet();

async function look() {
  const offer = find();
  if (!offer || seen.has(offer) || !window.PublicKeyCredential) return;
  seen.add(offer);
  const able = await abilities();
  if (!offer.isConnected) return;
  show(offer, able);
  createByItself(able);
}

document.addEventListener("passkeys:success", (event) => {
  const { action } = /** @type {CustomEvent} */ (event).detail;
  const offer = find();
  if (action !== "register" || !offer) return;
  const card = place(offer);
  card.hidden = false;
  card.dataset.turboTemporary = ""; // not in Turbo's copies
  say(offer, { status: config().texts.created });
  offer.remove();
  addEventListener("pageshow", ({ persisted }) => persisted && card.remove()); // its message is cleared
});
watch(look);
