/** Passkeys in a page. docs/script.md is the manual. */

const NEUTRAL = ["NotAllowedError", "InvalidStateError"]; // nobody's mistake
const MAYBE_STORED = ["passkey_exists", "ceremony_used", "unknown"];
const BYTES = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const REARM_AFTER = 0.8; // of a challenge's life
const PATIENCE = 1500; // with promises of others
const BUTTONS = "button[data-passkey-login], button[data-passkey-register]";

/** `code`: the server's, or the exception's name. `problem`: the server's problem+json. */
export class PasskeyError extends Error {
  /** @param {unknown} [cause] */
  constructor(code = "", message = "", problem = /** @type {Answer} */ ({}), cause) {
    super(message, { cause });
    this.name = "PasskeyError";
    this.code = code;
    this.problem = problem;
  }
}

/**
 * Create a passkey. `conditional`: without a dialog, if the browser agrees. `device`: "this" for no other one.
 * @param {{conditional?: boolean, kind?: string, device?: string}} [how]
 */
export function register({ conditional = false, kind = "passkey", device } = {}) {
  const body = conditional ? { mediation: "conditional" } : { kind, device };
  return ceremony("register", conditional ? "conditional" : "", async (signal) => {
    const { publicKey } = await post("startRegistration", body, signal);
    const options = { publicKey: decodeOptions(publicKey), signal, ...body };
    const credential = await prompt(() => navigator.credentials.create(options), signal);
    return finalize("finalizeRegistration", credential, publicKey.rp.id);
  });
}

/** Sign in. `immediate`: only with a passkey of this device. Pending once the page's form is sent. */
export async function login({ immediate = false } = {}) {
  // No `mediation`: its mere presence keeps some password managers from answering.
  const more = immediate ? { uiMode: "immediate" } : {};
  const answer = await ceremony("login", immediate ? "immediate" : "", async (signal) => (await sign(signal, more))());
  return answer ?? new Promise(() => {});
}

/**
 * Offer passkeys in the username field. `onError`: only after somebody chose one.
 * @param {Listeners} [listeners]
 */
export function autofill({ onSuccess = () => {}, onError = () => {} } = {}) {
  rearm = () => {
    rearmOnFocus = false;
    ceremony("autofill", "", conditionalLogin).then(
      (answer) => answer && onSuccess(answer),
      (error) => error.code === "AbortError" || onError(error),
    );
  };
  if (config()?.form?.refused) requestAnimationFrame(() => { rearmOnFocus = true; }); // after autofocus
  else rearm();
}

export function stopAutofill() {
  rearm = null;
  stop("autofill");
}

export function stop(action = running?.action) {
  if (running?.action === action) running?.controller.abort();
}

/* Signals to the browser (WebAuthn L3, 5.1.10): these never fail */

/** @param {UnknownCredentialOptions} options */
export function signalUnknownPasskey(options) {
  return tell(() => PublicKeyCredential.signalUnknownCredential?.(options));
}

export function signalAcceptedPasskeys() {
  return tell(async () => {
    if (!PublicKeyCredential.signalAllAcceptedCredentials) return;
    const before = prompts;
    const { rpId, accepted } = await post("acceptedCredentials", { quiet: true });
    if (prompts !== before) return; // a passkey may be newer than the list
    for (const user of accepted) await PublicKeyCredential.signalAllAcceptedCredentials({ rpId, ...user });
  });
}

/** Once a session. */
export function signalUserDetails() {
  return tell(async () => {
    for (const details of config().signals?.userDetails ?? []) {
      const news = JSON.stringify(details);
      if (keep(details.userId, news) !== news) await PublicKeyCredential.signalCurrentUserDetails?.(details);
    }
  });
}

/** @param {() => unknown} work */
function tell(work) {
  return quietly(() => config()?.signalApi === false || work());
}

/** @param {() => unknown} work */
async function quietly(work) {
  try {
    await work();
  } catch (error) {
    console.info("passkeys:", error);
  }
}

/** @type {{action: string, controller: AbortController, succeeded: Promise<boolean>} | null} */
let running = null;
let prompts = 0; // opened and closed

/** @type {(() => void) | null} */
let rearm = null;
let rearmOnFocus = false;

/**
 * Browsers refuse two at once: the next one waits.
 * @param {Run} run
 */
function exclusively(action = "", run) {
  const previous = running;
  const controller = new AbortController();
  const result = (async () => {
    previous?.controller.abort();
    if (await previous?.succeeded) controller.abort();
    controller.signal.throwIfAborted();
    return run(controller.signal);
  })();
  const mine = { action, controller, succeeded: result.then(Boolean, () => false) };
  running = mine;
  mine.succeeded.then(() => {
    if (running === mine) running = null;
  });
  return result;
}

/** @param {Run} run */
export async function ceremony(action = "", manner = "", run) {
  const conditional = manner === "conditional"; // failures are not shown
  try {
    const answer = await exclusively(action, run);
    if (answer) emit("success", { action, answer, conditional });
    return answer;
  } catch (reason) {
    const error = translated(reason, manner || action);
    if (error.code !== "AbortError" && !conditional) {
      if (action === "autofill") rearmOnFocus = true;
      else rearm?.();
      if (error.cause && !NEUTRAL.includes(error.code)) console.warn("passkeys:", error.cause);
      emit("error", { action, code: error.code, message: error.message });
    }
    throw error;
  }
}

/**
 * Null if it fails before somebody chose a passkey.
 * @param {AbortSignal} signal
 */
async function conditionalLogin(signal) {
  const send = await signByAutofill(signal).catch((error) => {
    signal.throwIfAborted();
    console.info("passkeys: no autofill:", error);
  });
  rearmOnFocus = !send;
  return send ? send() : null;
}

/** @param {AbortSignal} signal */
async function signByAutofill(signal) {
  if (!autofillField() || !(await soon(PublicKeyCredential.isConditionalMediationAvailable?.()))) return;
  if (document.visibilityState !== "visible") {
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true, signal });
      signal.addEventListener("abort", resolve);
    });
  }
  const timer = setTimeout(() => rearm?.(), config().challengeSeconds * REARM_AFTER * 1000);
  try {
    return await sign(signal, { mediation: "conditional" });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} promise undefined if late */
function soon(promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/**
 * Returns what sends the signature.
 * @param {AbortSignal} signal
 * @param {object} more
 */
async function sign(signal, more) {
  const { publicKey } = await post("startLogin", config().start, signal);
  const options = { publicKey: decodeOptions(publicKey), signal, ...more };
  const credential = await prompt(() => navigator.credentials.get(options), signal);
  return () => (submit(credential) ? null : finalize("finalizeLogin", credential, publicKey.rpId));
}

/**
 * @param {Ask} ask
 * @param {AbortSignal} signal
 */
export async function prompt(ask, signal) {
  signal.throwIfAborted();
  const answer = ask().catch(async (error) => {
    if (error?.name !== "OperationError") throw error;
    // Another prompt may need a moment.
    await new Promise((resolve) => setTimeout(resolve, 500));
    signal.throwIfAborted();
    return ask();
  });
  const ignored = new Promise((_, reject) => {
    signal.addEventListener("abort", () => setTimeout(reject, PATIENCE, signal.reason));
  });
  const timer = setTimeout(offerToCancel, PATIENCE, signal);
  prompts++;
  progress("waiting");
  try {
    const credential = await Promise.race([answer, ignored]);
    if (!credential) throw new DOMException("", "NotAllowedError");
    progress("connecting");
    return /** @type {PublicKeyCredential} */ (credential);
  } finally {
    clearTimeout(timer);
    prompts++;
    cancel.remove();
  }
}

const cancel = document.createElement("button");
cancel.type = "button";
cancel.dataset.turboTemporary = ""; // not in Turbo's copies
cancel.onclick = () => running?.controller.abort(new DOMException("", "NotAllowedError"));

/** @param {AbortSignal} signal */
function offerToCancel(signal) {
  if (signal.aborted || !pressed) return;
  cancel.className = config().cancelClass ?? "";
  cancel.textContent = config().texts.cancel;
  pressed.button.disabled = false;
  (line(pressed.button, "status") ?? pressed.button).after(cancel);
}

/* toJSON() fails with some password managers */

/** @param {ArrayBuffer | null} data */
function encode(data) {
  const text = btoa(String.fromCharCode(...new Uint8Array(data ?? [])));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text = "") {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {Answer} options of either kind */
export function decodeOptions(options) {
  const { user, excludeCredentials = [], allowCredentials = [] } = options;
  options.challenge = decode(options.challenge);
  for (const item of [user, ...excludeCredentials, ...allowCredentials]) if (item) item.id = decode(item.id);
  return /** @type {any} */ (options);
}

/** @param {PublicKeyCredential} credential */
export function encodeCredential(credential) {
  const response = /** @type {Answer} */ (credential.response);
  const bytes = BYTES.map((name) => [name, encode(response[name]) || undefined]); // never empty
  const attachment = attempt(() => credential.authenticatorAttachment);
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: { ...Object.fromEntries(bytes), transports: attempt(() => response.getTransports()) },
    clientExtensionResults: attempt(() => credential.getClientExtensionResults()) ?? {},
    authenticatorAttachment: /^(cross-)?platform$/.test(attachment) ? attachment : undefined,
  };
}

/** @param {() => any} read */
function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** For this browser session. Returns what was kept before. */
export function keep(name = "", value = "") {
  return attempt(() => {
    const before = sessionStorage.getItem(`passkeys:${name}`);
    sessionStorage.setItem(`passkeys:${name}`, value);
    return before;
  });
}

/**
 * By a copy of the page's login form: listeners and required fields would interfere.
 * @param {PublicKeyCredential} credential
 */
function submit(credential) {
  const names = config().form;
  const field = allInputs().find(({ name, dataset }) => name === names?.field && "passkeyCredential" in dataset);
  const form = (field ?? userNameField())?.form;
  if (!names || !form) return false;
  const data = new FormData(form);
  inputs(form, /password/).forEach(({ name }) => data.delete(name));
  data.set(names.field, JSON.stringify(encodeCredential(credential)));
  data.set("csrfmiddlewaretoken", csrfToken());
  if (names.next) data.set(...names.next);
  const copy = document.createElement("form");
  copy.method = "post";
  copy.action = own(form.getAttribute("action") || names.action).href;
  copy.target = form.getAttribute("target") ?? "";
  for (const [name, value] of data) {
    copy.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(copy);
  buttons().forEach((button) => setBusy(button, true));
  HTMLFormElement.prototype.submit.call(copy); // a field may be called "submit"
  document.body.removeChild(copy);
  return true;
}

/** @param {PublicKeyCredential} credential */
export async function finalize(url = "", credential, rpId = "") {
  const body = encodeCredential(credential);
  try {
    return await post(url, body);
  } catch (error) {
    const { code, problem } = /** @type {PasskeyError} */ (error);
    const refused = /^4/.test(problem.status) && !MAYBE_STORED.includes(code);
    const unknown = body.response.attestationObject ? refused : problem.signal;
    if (unknown) signalUnknownPasskey({ rpId, credentialId: body.rawId });
    throw error;
  }
}

/**
 * @param {object | null} body null for GET
 * @param {AbortSignal} [signal]
 */
export async function post(url = "", body = {}, signal) {
  const { urls, csrf, texts, send = fetch } = config();
  const target = own(urls[url] ?? url);
  let response, answer;
  try {
    response = await send(target, {
      method: body ? "POST" : "GET",
      headers: { Accept: "application/json", "Content-Type": "application/json", [csrf.header]: csrfToken() },
      body: body && JSON.stringify(body),
      redirect: "error", // to a login page
      signal,
    });
    answer = await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new PasskeyError("network", texts[navigator.onLine ? "network" : "offline"], {}, cause);
  }
  if (response.ok) return answer;
  const retryAfter = Number(response.headers.get("Retry-After"));
  throw new PasskeyError(answer.code ?? "unknown", answer.detail ?? texts.generic, { ...answer, retryAfter });
}

/** Read late: logins change the token. */
function csrfToken() {
  const start = `${config().csrf.cookie}=`;
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(start));
  if (cookie) return cookie.slice(start.length);
  const token = document.querySelector("input[name=csrfmiddlewaretoken], meta[name=csrf-token]");
  return token?.getAttribute("value") ?? token?.getAttribute("content") ?? "";
}

/** @param {unknown} reason */
function translated(reason, occasion = "") {
  if (reason instanceof PasskeyError) return reason;
  const { texts } = config();
  const name = Object(reason).name ?? "Error";
  return new PasskeyError(name, texts[`${occasion}:${name}`] ?? texts[name] ?? texts.generic, {}, reason);
}

function emit(name = "", detail = {}) {
  document.dispatchEvent(new CustomEvent(`passkeys:${name}`, { detail }));
}

/** @type {Config} */
let known;

export function config(page = known) {
  const text = block()?.textContent;
  known = text ? JSON.parse(text) : page;
  return known;
}

/** User content may have its id, but holds no script. */
function block() {
  return document.querySelector('script#passkeys-config[type="application/json"]');
}

/** Never of another origin. */
function own(url = "") {
  const target = new URL(url, location.href);
  if (target.origin === location.origin || config().send) return target;
  throw new PasskeyError("SecurityError", config().texts.SecurityError);
}

function autofillField() {
  return document.querySelector('input[autocomplete$="webauthn"]');
}

/** Not in a form for signing up, or a newsletter's. */
function userNameField() {
  return allInputs().find((input) => {
    const typed = inputs(input.form, /text|email|tel/);
    const [password, another] = inputs(input.form, /password/);
    if (another || !typed.includes(input) || password?.matches('[autocomplete~="new-password"]')) return false;
    const isNamed = input.name === config().form?.beside || typed.length === 1;
    return (password && isNamed) || input.matches('[autocomplete~="username"]');
  });
}

/** @param {HTMLFormElement | null} form */
function inputs(form, types = /./) {
  return allInputs().filter((input) => input.form === form && types.test(input.type));
}

function allInputs() {
  return [...document.querySelectorAll("input")];
}

/** @returns {NodeListOf<HTMLButtonElement>} */
function buttons(more = BUTTONS) {
  return document.querySelectorAll(`${BUTTONS}, ${more}`);
}

/** @param {HTMLButtonElement} button */
function setBusy(button, busy = false) {
  button.disabled = busy;
  button.setAttribute("aria-busy", String(busy));
}

/** @param {Element | null} near */
function line(near, name = "") {
  return (near?.closest("[data-passkeys]") ?? document).querySelector(`[data-passkey-${name}]`);
}

/** @param {Element | null} near */
export function say(near, { status = "", alert = "" } = {}) {
  for (const [name, text] of Object.entries({ status, alert })) {
    const place = line(near, name);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

/** Of the pressed button. */
function progress(name = "") {
  if (pressed) say(pressed.button, { status: config().texts[name] });
}

export function go(url = "") {
  if (!url) return location.reload();
  if (/^https?:/.test(new URL(url, location.href).href)) location.assign(url);
}

function reload() {
  const link = document.createElement("a");
  [link.href] = location.href.split("#"); // with it, browsers only scroll
  link.textContent = config().texts.reload;
  return link;
}

/**
 * @param {Element | null} near
 * @param {PasskeyError} error
 */
function show(near, { code, message, problem }) {
  if (code === "AbortError") return say(near);
  say(near, NEUTRAL.includes(code) ? { status: message } : { alert: message });
  if (code === "csrf_failed" || message === config().texts.generic) line(near, "alert")?.append(" ", reload());
  const page = problem.url ?? problem.reauthentication_url ?? problem.login_url;
  if (!page) return;
  if (!config().start) {
    keep("interrupted", location.pathname);
    keep("kind", near?.getAttribute("data-passkey-kind") ?? "");
  }
  go(page);
}

/** @type {{button: HTMLButtonElement} | null} */
let pressed = null;

/**
 * Returns what went wrong.
 * @param {HTMLButtonElement} button
 * @param {(button: HTMLButtonElement) => Promise<void>} task
 */
export async function work(button, task) {
  if (button.disabled) return;
  const mine = { button };
  if (pressed) setBusy(pressed.button);
  pressed = mine;
  setBusy(button, true);
  progress("connecting");
  try {
    await task(button);
    if (button.isConnected) progress("done");
  } catch (reason) {
    if (pressed !== mine) return;
    const error = /** @type {PasskeyError} */ (reason);
    pressed = null;
    setBusy(button);
    if (document.activeElement === document.body) button.focus(); // disabling lost the focus
    show(button, error);
    const { retryAfter } = error.problem;
    if (error.code === "throttled" && retryAfter) rest(button, retryAfter);
    return error;
  }
}

/**
 * The site would refuse sooner.
 * @param {HTMLButtonElement} button
 */
function rest(button, seconds = 0) {
  button.disabled = true;
  setTimeout(() => {
    if (!button.isConnected || button === pressed?.button) return;
    button.disabled = false;
    if (document.activeElement === document.body) button.focus();
    say(button, { status: config().texts.again });
  }, seconds * 1000);
}

let immediate = false; // only this device, at the next press

/** @param {HTMLButtonElement} button */
async function signInOrRegister(button) {
  const next = button.dataset.passkeyRegister;
  const target = next && own(next).href;
  const options = { immediate };
  immediate = false;
  const { passkeyKind: kind, passkeyDevice: device } = button.dataset;
  const answer = await (next === undefined ? login(options) : register({ kind, device }));
  if (next === "") {
    if (!button.isConnected && button.closest("[data-passkey-offer]")) return; // passkeys_offer.js closed it
    location.hash = `passkey-${answer.id}`;
  }
  go(target ?? answer.redirect_url);
}

/** @type {Element | null} the page's data block */
let visit = null;

function look() {
  document.querySelectorAll("[data-passkey-missing]").forEach((text) => text.remove());
  const now = document.documentElement.hasAttribute("data-turbo-preview") ? null : block();
  const arrives = now !== visit;
  visit = now;
  if (arrives) {
    rearm = null;
    stop();
    reset();
  }
  if (!now) return;
  const page = config();
  if (arrives && page.wrongAddress) console.warn("passkeys:", page.wrongAddress);
  buttons().forEach(tend);
  if (!window.PublicKeyCredential) return;
  if (!page.start) lookForField();
  if (arrives) enter(page);
}

/** The page may be a copy. */
function reset() {
  pressed = null;
  buttons("[data-passkeys] button, [data-passkey-signup] button").forEach((it) => it.removeAttribute("aria-busy"));
  document.querySelectorAll("[data-passkey-status], [data-passkey-alert]").forEach((it) => it.replaceChildren());
}

/** @param {HTMLButtonElement} button */
export function tend(button) {
  if (!window.PublicKeyCredential) say(button, { status: config().texts.unsupported });
  else if (!button.hasAttribute("aria-busy")) setBusy(button, button === pressed?.button);
}

/** One request serves any field. */
function lookForField() {
  const button = document.querySelector("[data-passkey-login]");
  const field = button && !autofillField() && userNameField();
  if (field) {
    const said = field.getAttribute("autocomplete")?.replace(/^(on|off)$/, "");
    field.setAttribute("autocomplete", `${said || "username"} webauthn`);
  }
  if (autofillField()) {
    rearm ?? autofill({
      onSuccess: (answer) => {
        buttons().forEach((other) => setBusy(other, true));
        go(answer.redirect_url);
      },
      onError: (error) => show(button, error),
    });
  } else stopAutofill();
}

/** @param {Config} page */
function enter(page) {
  document.getElementById(location.hash.slice(1))?.focus(); // browsers do not after a reload
  if (page.start) return;
  if (page.immediate) quietly(async () => {
    immediate = Object(await soon(PublicKeyCredential.getClientCapabilities?.())).immediateGet;
  });
  // Confirmed: no second press.
  const interrupted = keep("interrupted");
  if (interrupted === location.pathname) {
    const kind = keep("kind");
    [...buttons()].filter(({ dataset }) => (dataset.passkeyKind ?? "") === kind).at(-1)?.click();
  } else if (interrupted && new URLSearchParams(location.search).get("next")?.startsWith(interrupted)) {
    keep("interrupted", interrupted); // a login page
  }
  const { unknown, accepted } = page.signals ?? {};
  if (unknown) signalUnknownPasskey(unknown);
  if (accepted) signalAcceptedPasskeys();
  signalUserDetails();
}

document.addEventListener("click", ({ target }) => {
  const button = /** @type {any} */ (target).closest?.(BUTTONS);
  if (visit && button) work(button, signInOrRegister);
});
document.addEventListener("focusin", ({ target }) => rearmOnFocus && target === autofillField() && rearm?.());
addEventListener("pagehide", () => stop());
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  reset();
  rearm?.();
});
const attributeFilter = ["aria-busy", "autocomplete"]; // ours, which a morph takes away
new MutationObserver(look).observe(document, { childList: true, subtree: true, attributeFilter });
look();
