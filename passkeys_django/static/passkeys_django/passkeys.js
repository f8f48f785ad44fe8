/** Passkeys in a page: docs/script.md is its manual; types.d.ts, its types. */

const NEUTRAL = ["NotAllowedError", "InvalidStateError"]; // outcomes that are nobody's mistake
const MAYBE_STORED = ["passkey_exists", "ceremony_used", "unknown"]; // despite the error
const ATTACHMENTS = ["platform", "cross-platform"];
const BYTES = /** @type {const} */ ([
  "clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle",
]);
const REARM_AFTER = 0.8; // of a challenge's life

/** `code`: the server's, or the name of the browser's exception. `problem`: the server's problem+json. */
export class PasskeyError extends Error {
  /**
   * @param {string} code
   * @param {string} message translated, safe to show
   * @param {{problem?: Answer, cause?: unknown}} [more]
   */
  constructor(code, message, { problem = {}, cause } = {}) {
    super(message, { cause });
    this.name = "PasskeyError";
    this.code = code;
    this.problem = problem;
  }
}

/* What people do */

/**
 * Create a passkey. `conditional`: without a dialog, if the browser agrees.
 * @returns {Promise<Answer>} the new passkey
 */
export function register({ conditional = false } = {}) {
  const body = conditional ? { mediation: "conditional" } : {};
  return ceremony("register", conditional ? "conditional" : "", async (signal) => {
    const { publicKey } = await post("startRegistration", body, signal);
    const options = { publicKey: decodeOptions(publicKey), signal, ...body };
    const credential = await prompt(() => navigator.credentials.create(options), signal);
    return finalize("finalizeRegistration", credential, publicKey.rp.id);
  });
}

/**
 * Sign in. `immediate`: only with a passkey of this device.
 * @returns {Promise<Answer>} `redirect_url`: where to go now
 */
export function login({ immediate = false } = {}) {
  // No `mediation`: its mere presence keeps some password managers from answering.
  const more = immediate ? { uiMode: "immediate" } : {};
  return ceremony("login", immediate ? "immediate" : "", async (signal) => (await sign(signal, more))());
}

/**
 * Offer passkeys in the username field's autofill. `onError`: only after somebody chose one.
 * @param {{onSuccess?: (answer: Answer) => void, onError?: (error: PasskeyError) => void}} [listeners]
 */
export function autofill({ onSuccess = () => {}, onError = () => {} } = {}) {
  const arm = () => {
    autofillField()?.removeEventListener("focus", arm);
    ceremony("autofill", "", conditionalLogin).then(
      (answer) => {
        if (!answer) return;
        rearm = null;
        onSuccess(answer);
      },
      (error) => error.code === "AbortError" || onError(error),
    );
  };
  rearm = arm;
  arm();
}

/* Signals to the browser (WebAuthn L3, 5.1.10): these never fail */

/**
 * The site does not know this passkey: the authenticator may remove it.
 * @param {UnknownCredentialOptions} options
 */
export function signalUnknownPasskey(options) {
  return tell(() => PublicKeyCredential.signalUnknownCredential?.(options));
}

/** All passkeys that the site knows of the signed-in user. 204: no list now. */
export function signalAcceptedPasskeys() {
  return tell(async () => {
    if (!PublicKeyCredential.signalAllAcceptedCredentials) return;
    const { rpId, accepted } = await post("acceptedCredentials", { quiet: true });
    for (const user of accepted) await PublicKeyCredential.signalAllAcceptedCredentials({ rpId, ...user });
  });
}

/** The user's names, unless the browser got them in this session. */
export function signalUserDetails() {
  return tell(async () => {
    if (!PublicKeyCredential.signalCurrentUserDetails) return;
    for (const details of config().signals?.userDetails ?? []) {
      const news = JSON.stringify(details);
      if (keep(details.userId, news) !== news) await PublicKeyCredential.signalCurrentUserDetails(details);
    }
  });
}

/** @param {() => Promise<void> | undefined} work */
async function tell(work) {
  if (attempt(() => config().signalApi) !== false) await quietly(work);
}

/** @param {() => Promise<void> | undefined} work */
async function quietly(work) {
  try {
    await work();
  } catch (error) {
    console.info("passkeys:", error);
  }
}

/* One prompt at a time */

/** @type {{controller: AbortController, succeeded: Promise<boolean>} | null} */
let running = null;

/** @type {(() => void) | null} Arms autofill again; null without autofill. */
let rearm = null;

/**
 * Browsers refuse two ceremonies at once: the next stops the previous, and waits for its end.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} run
 */
function exclusively(run) {
  const previous = running;
  const controller = new AbortController();
  const result = (async () => {
    previous?.controller.abort();
    if (await previous?.succeeded) controller.abort();
    controller.signal.throwIfAborted();
    return run(controller.signal);
  })();
  const mine = { controller, succeeded: result.then(Boolean, () => false) };
  running = mine;
  mine.succeeded.then(() => {
    if (running === mine) running = null;
  });
  return result;
}

/**
 * @template {Answer | null} T
 * @param {"register" | "login" | "autofill" | "signup"} action
 * @param {"" | "conditional" | "immediate"} manner conditional: failures are not shown
 * @param {(signal: AbortSignal) => Promise<T>} run
 */
export async function ceremony(action, manner, run) {
  const conditional = manner === "conditional";
  try {
    const answer = await exclusively(run);
    if (answer) emit("success", { action, answer, conditional });
    return answer;
  } catch (reason) {
    const error = translated(reason, manner || action);
    if (error.code !== "AbortError" && !conditional) {
      if (action === "autofill") armOnFocus();
      else rearm?.();
      if (error.cause && !NEUTRAL.includes(error.code)) console.warn("passkeys:", error.cause);
      emit("error", { action, code: error.code, message: error.message });
    }
    throw error;
  }
}

/**
 * Returns null if it fails before somebody chose a passkey.
 * @param {AbortSignal} signal
 */
async function conditionalLogin(signal) {
  const send = await signByAutofill(signal).catch((error) => {
    signal.throwIfAborted();
    console.info("passkeys: no autofill:", error);
    armOnFocus();
  });
  return send ? send() : null;
}

/** @param {AbortSignal} signal */
async function signByAutofill(signal) {
  if (!autofillField() || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  await visible(signal);
  const timer = setTimeout(() => rearm?.(), config().challengeSeconds * REARM_AFTER * 1000);
  try {
    return await sign(signal, { mediation: "conditional" });
  } finally {
    clearTimeout(timer);
  }
}

/** If each request fails at once, we must not repeat it for ever. */
function armOnFocus() {
  if (rearm) autofillField()?.addEventListener("focus", rearm, { once: true });
}

/**
 * Waits: nobody answers in a background tab.
 * @param {AbortSignal} signal
 */
async function visible(signal) {
  signal.throwIfAborted();
  if (document.visibilityState === "visible") return;
  await new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve);
  });
}

/**
 * Returns a function that sends the signature.
 * @param {AbortSignal} signal
 * @param {{mediation?: CredentialMediationRequirement, uiMode?: string}} more
 */
async function sign(signal, more) {
  const { publicKey } = await post("startLogin", { purpose: config().purpose }, signal);
  const options = { publicKey: decodeOptions(publicKey), signal, ...more };
  const credential = await prompt(() => navigator.credentials.get(options), signal);
  return () => finalize("finalizeLogin", credential, publicKey.rpId);
}

/**
 * @param {() => Promise<Credential | null>} ask
 * @param {AbortSignal} signal
 */
export async function prompt(ask, signal) {
  signal.throwIfAborted();
  const credential = await ask().catch(async (error) => {
    if (error?.name !== "OperationError") throw error;
    // Another script's prompt, or a slow browser, may need a moment.
    await new Promise((resolve) => setTimeout(resolve, 500));
    signal.throwIfAborted();
    return ask();
  });
  if (!credential) throw new DOMException("No credential", "NotAllowedError");
  return /** @type {PublicKeyCredential} */ (credential);
}

/* Bytes: toJSON() fails on the objects of some password managers */

/** @param {ArrayBuffer | null} data */
function encode(data) {
  const text = btoa(String.fromCharCode(...new Uint8Array(data ?? [])));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function decode(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * @param {PublicKeyCredentialCreationOptionsJSON & PublicKeyCredentialRequestOptionsJSON} json either
 * @returns {PublicKeyCredentialCreationOptions & PublicKeyCredentialRequestOptions}
 */
export function decodeOptions(json) {
  const descriptor = (/** @type {PublicKeyCredentialDescriptorJSON} */ item) => ({ ...item, id: decode(item.id) });
  return /** @type {PublicKeyCredentialCreationOptions & PublicKeyCredentialRequestOptions} */ ({
    ...json,
    challenge: decode(json.challenge),
    user: json.user && { ...json.user, id: decode(json.user.id) },
    excludeCredentials: json.excludeCredentials?.map(descriptor),
    allowCredentials: json.allowCredentials?.map(descriptor),
  });
}

/** @param {PublicKeyCredential} credential */
function encodeCredential(credential) {
  const response = /** @type {AnyResponse} */ (credential.response);
  const bytes = BYTES.map((name) => [name, encode(response[name]) || undefined]); // never empty
  const attachment = attempt(() => credential.authenticatorAttachment) ?? "";
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: { ...Object.fromEntries(bytes), transports: attempt(() => response.getTransports()) },
    clientExtensionResults: attempt(() => credential.getClientExtensionResults()) ?? {},
    authenticatorAttachment: ATTACHMENTS.includes(attachment) ? attachment : undefined,
  };
}

/**
 * @template T
 * @param {() => T} read
 */
function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * Stores for this browser session, if allowed.
 * @param {string} name
 * @param {string} value
 * @returns {string | null | undefined} what was kept before
 */
function keep(name, value) {
  return attempt(() => {
    const before = sessionStorage.getItem(`passkeys:${name}`);
    sessionStorage.setItem(`passkeys:${name}`, value);
    return before;
  });
}

/* The server */

/**
 * Tells the authenticator if the server does not have the passkey.
 * @param {string} url its name
 * @param {PublicKeyCredential} credential
 * @param {string} rpId
 */
export async function finalize(url, credential, rpId) {
  const body = encodeCredential(credential);
  try {
    return await post(url, body);
  } catch (error) {
    const { code, problem } = /** @type {PasskeyError} */ (error);
    const refused = /^4/.test(problem.status) && !MAYBE_STORED.includes(code);
    if (url === "finalizeLogin" ? problem.signal : refused) {
      signalUnknownPasskey({ rpId, credentialId: body.rawId });
    }
    throw error;
  }
}

/**
 * @param {string} url its name
 * @param {object} body
 * @param {AbortSignal} [signal] not to finalize: it counts once sent
 * @returns {Promise<Answer>}
 */
export async function post(url, body = {}, signal) {
  const { urls, csrf, texts } = config();
  const target = own(urls[url]);
  let response;
  let answer;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", [csrf.header]: csrfToken() },
      body: JSON.stringify(body),
      redirect: "error", // to a login page
      signal,
    });
    answer = await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new PasskeyError("network", texts.network, { cause });
  }
  if (response.ok) return answer;
  throw new PasskeyError(answer.code ?? "unknown", answer.detail ?? texts.generic, { problem: answer });
}

/** Read late: logins change the token. */
function csrfToken() {
  const start = `${config().csrf.cookie}=`;
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(start));
  if (cookie) return cookie.slice(start.length);
  return (
    document.querySelector("input[name=csrfmiddlewaretoken]")?.getAttribute("value") ??
    document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ??
    ""
  );
}

/**
 * @param {unknown} reason
 * @param {string} occasion
 */
function translated(reason, occasion) {
  if (reason instanceof PasskeyError) return reason;
  const { texts } = config();
  const name = Object(reason).name ?? "Error";
  return new PasskeyError(name, texts[`${occasion}:${name}`] ?? texts[name] ?? texts.generic, { cause: reason });
}

/**
 * @param {string} name
 * @param {object} detail
 */
function emit(name, detail) {
  document.dispatchEvent(new CustomEvent(`passkeys:${name}`, { detail }));
}

/* The page */

/** @returns {Config} */
export function config() {
  return JSON.parse(block()?.textContent ?? "");
}

/** User content may have its id, but holds no script. */
function block() {
  return document.querySelector('script#passkeys-config[type="application/json"]');
}

/** @param {string} url that a page names: never of another origin */
function own(url) {
  const target = new URL(url, location.href);
  if (target.origin === location.origin) return target;
  throw new PasskeyError("SecurityError", config().texts.SecurityError);
}

/** @returns {HTMLInputElement | null} */
function autofillField() {
  return document.querySelector('input[autocomplete$="webauthn"]');
}

/** @returns {NodeListOf<HTMLButtonElement>} */
function buttons() {
  return document.querySelectorAll("button[data-passkey-login], button[data-passkey-register]");
}

/** @returns {HTMLButtonElement | null} */
function registerButton() {
  return document.querySelector("button[data-passkey-register]");
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} busy
 */
export function setBusy(button, busy) {
  button.disabled = busy;
  button.setAttribute("aria-busy", String(busy));
}

/**
 * @param {Element | null} near a button with its own lines, else the page's first
 * @param {{status?: string, alert?: string}} texts
 */
export function say(near, { status = "", alert = "" }) {
  for (const [name, text] of Object.entries({ status, alert })) {
    const line = (near?.closest("[data-passkeys]") ?? document).querySelector(`[data-passkey-${name}]`);
    if (line) line.textContent = text;
  }
}

/** @param {string | undefined} url none: the page as it is now */
export function go(url) {
  if (!url) return location.reload();
  const target = new URL(url, location.href);
  if (/^https?:$/.test(target.protocol)) location.assign(target);
}

/**
 * @param {Element | null} near
 * @param {PasskeyError} error
 */
export function show(near, { code, message, problem }) {
  if (code === "AbortError") return say(near, {});
  say(near, NEUTRAL.includes(code) ? { status: message } : { alert: message });
  const page = problem.reauthentication_url ?? problem.login_url;
  if (!page) return;
  if (!config().purpose) keep("interrupted", location.pathname);
  go(page);
}

/** Only this device, at the next press? */
let immediate = false;

/** @param {HTMLButtonElement} button */
async function press(button) {
  if (button.disabled) return;
  const next = button.dataset.passkeyRegister;
  setBusy(button, true);
  say(button, { status: config().texts.waiting });
  try {
    const target = next && own(next).href;
    const answer = await (next === undefined ? signInByButton() : register());
    if (next === "") {
      if (button.closest("[data-passkey-offer]")) return closeOffer();
      location.hash = `passkey-${answer.id}`;
    }
    go(target ?? answer.redirect_url);
  } catch (error) {
    setBusy(button, false);
    if (document.activeElement === document.body) button.focus(); // disabling lost the focus
    show(button, /** @type {PasskeyError} */ (error));
  }
}

function signInByButton() {
  const options = { immediate };
  immediate = false;
  return login(options);
}

/** @param {string} capability */
async function can(capability) {
  return (await PublicKeyCredential.getClientCapabilities?.())?.[capability] === true;
}

/** Once a session. */
async function registerConditionally() {
  if (keep("conditional", "1") || !(await can("conditionalCreate"))) return;
  await register({ conditional: true });
  closeOffer();
}

function closeOffer() {
  const offer = document.querySelector("[data-passkey-offer]");
  say(offer, { status: config().texts.created });
  offer?.remove();
}

function startAutofill() {
  const button = document.querySelector("[data-passkey-login]");
  if (button && !autofillField()) {
    document.querySelector('input[autocomplete="username"]')?.setAttribute("autocomplete", "username webauthn");
  }
  autofill({
    onSuccess: (answer) => {
      buttons().forEach((other) => setBusy(other, true));
      go(answer.redirect_url);
    },
    onError: (error) => show(button, error),
  });
}

function wire() {
  const page = config();
  if (page.wrongAddress) console.warn("passkeys:", page.wrongAddress);
  if (!window.PublicKeyCredential) {
    buttons().forEach((button) => say(button, { status: config().texts.unsupported }));
    return;
  }
  for (const button of buttons()) {
    button.addEventListener("click", () => press(button));
    setBusy(button, false);
  }
  addEventListener("pagehide", () => running?.controller.abort());
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    buttons().forEach((button) => setBusy(button, false));
    rearm?.();
  });
  document.getElementById(location.hash.slice(1))?.focus(); // browsers do not after a reload
  if (page.purpose) return;
  startAutofill();
  if (page.immediate) quietly(async () => { immediate = await can("immediateGet"); });
  // Confirmed: people need not press again.
  const interrupted = keep("interrupted", "");
  if (interrupted === location.pathname) registerButton()?.click();
  else if (interrupted && new URLSearchParams(location.search).get("next")?.startsWith(interrupted)) {
    keep("interrupted", interrupted); // a login page, which leads back
  }
  else if (page.conditionalCreate) quietly(registerConditionally);
  if (page.signals?.removed) signalAcceptedPasskeys();
  signalUserDetails();
}

if (block()) wire();
