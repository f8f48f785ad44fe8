/**
 * Passkeys in a page: create one, sign in with one, sign in from the browser's autofill.
 *
 * An ES module without dependencies. The template tags `{% passkey_login_button %}` and
 * `{% passkey_register_button %}` write everything below; a page may also write it by hand.
 *
 *   <script type="application/json" id="passkeys-config">   the `Config` below
 *   <button data-passkey-login>               signs in, then goes where the server says
 *   <button data-passkey-register="/url/">    creates a passkey, then goes to the URL; without one it reloads
 *   <p role="status" data-passkey-status>     what goes on, and outcomes that are no errors
 *   <p role="alert" data-passkey-alert>       errors
 *   <div data-passkeys>                       around a button and its own two texts, where a page has several
 *   <input autocomplete="username webauthn">  gets autofill; without one, the first `autocomplete="username"` of a
 *                                             page with a login button is made into one
 *
 * Buttons are to be disabled in the HTML: the script enables them once they work.
 *
 * Events on `document`: `passkeys:success`, detail `{action, answer}`, and `passkeys:error`, detail
 * `{action, code, message}`; `action` is "register", "login" or "autofill". For pages that do it all themselves:
 *
 *   import { register, login, autofill, PasskeyError } from ".../passkeys.js";
 *
 * @typedef {object} Config
 * @property {{startRegistration: string, finalizeRegistration: string, startLogin: string, finalizeLogin: string}}
 *   urls where to post; `finalizeLogin` carries the page's `next`, which the server checks
 * @property {{header: string, cookie: string | null}} csrf cookie: null where scripts cannot read it
 * @property {number} challengeSeconds how long a ceremony may take
 * @property {Record<string, string>} texts by error name; "register:" before it where registration says it otherwise
 *
 * @typedef {{config?: Config}} Options without `config`, the page's own is read
 * @typedef {Record<string, any>} Answer the server's JSON
 */

const ATTACHMENTS = ["platform", "cross-platform"];
const NEUTRAL = ["NotAllowedError", "InvalidStateError"]; // outcomes that are nobody's mistake
const REARM_AFTER = 0.8; // of a challenge's life: autofill has no time-out of its own, its challenge has
const RETRY_MILLISECONDS = 500;

/** What `register()` and `login()` throw: a code of the server's, or the name of the browser's exception. */
export class PasskeyError extends Error {
  /**
   * @param {string} code
   * @param {string} message translated, safe to show
   * @param {{problem?: Answer, cause?: unknown}} [more] problem: the server's problem+json
   */
  constructor(code, message, { problem = {}, cause } = {}) {
    super(message, { cause });
    this.name = "PasskeyError";
    this.code = code;
    this.problem = problem;
  }
}

/* The three things one can do */

/**
 * Create a passkey for the person who is signed in.
 * @param {Options} [options]
 * @returns {Promise<Answer>} the new passkey
 */
export function register({ config = pageConfig() } = {}) {
  return ceremony("register", config, async (signal) => {
    const { publicKey } = await post(config, config.urls.startRegistration, { signal });
    const credential = await prompt("create", { publicKey: decodeOptions(publicKey), signal });
    return post(config, config.urls.finalizeRegistration, { body: encodeRegistration(credential) });
  });
}

/**
 * Sign in, with the browser's dialog.
 * @param {Options} [options]
 * @returns {Promise<Answer>} `redirect_url`: where to go now
 */
export function login({ config = pageConfig() } = {}) {
  return ceremony("login", config, async (signal) => {
    const { publicKey } = await post(config, config.urls.startLogin, { signal });
    // No `mediation` here: its mere presence keeps some password managers from answering.
    const credential = await prompt("get", { publicKey: decodeOptions(publicKey), signal });
    return post(config, config.urls.finalizeLogin, { body: encodeLogin(credential) });
  });
}

/**
 * Offer passkeys in the autofill of the username field, where the browser can; stays quiet where it cannot.
 * It is armed anew when its challenge grows old, when a dialog was cancelled, and when the page comes back.
 * @param {Options & {onSuccess?: (answer: Answer) => void, onError?: (error: PasskeyError) => void}} [options]
 *   `onError` hears only of what happened after somebody chose a passkey
 */
export function autofill({ config = pageConfig(), onSuccess = () => {}, onError = () => {} } = {}) {
  const arm = () => {
    autofillField()?.removeEventListener("focus", arm);
    ceremony("autofill", config, (signal) => conditionalLogin(config, signal)).then(
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

/* One prompt at a time */

/** @type {{controller: AbortController, succeeded: Promise<boolean>} | null} */
let running = null;

/** @type {(() => void) | null} Arms autofill again; null while nobody asked for it. */
let rearm = null;

/**
 * Run a ceremony after the one before has come to its end: browsers refuse a second request beside a pending one.
 * The controller exists before anything is awaited, so whoever comes next can stop this one at any point.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} run
 * @returns {Promise<T>}
 */
function exclusively(run) {
  const previous = running;
  const controller = new AbortController();
  const result = (async () => {
    previous?.controller.abort(abortError());
    // It was past stopping and has just succeeded: a second prompt would ask for what is done.
    if (await previous?.succeeded) throw abortError();
    refuseIfAborted(controller.signal);
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
 * @param {"register" | "login" | "autofill"} action
 * @param {Config} config
 * @param {(signal: AbortSignal) => Promise<T>} run
 * @returns {Promise<T>}
 */
async function ceremony(action, config, run) {
  try {
    const answer = await exclusively(run);
    if (answer) emit("success", { action, answer });
    return answer;
  } catch (reason) {
    const error = translated(reason, action, config);
    if (error.code !== "AbortError") {
      if (action === "autofill") armOnFocus();
      else rearm?.();
      if (error.cause && !NEUTRAL.includes(error.code)) console.warn("passkeys:", error.cause);
      emit("error", { action, code: error.code, message: error.message });
    }
    throw error;
  }
}

/**
 * One life of an autofill request. Until somebody chooses a passkey, failures are nobody's business: null.
 * @param {Config} config
 * @param {AbortSignal} signal
 * @returns {Promise<Answer | null>}
 */
async function conditionalLogin(config, signal) {
  let credential;
  try {
    credential = await conditionalCredential(config, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    console.info("passkeys: no autofill:", error);
    armOnFocus();
  }
  return credential ? post(config, config.urls.finalizeLogin, { body: encodeLogin(credential) }) : null;
}

/**
 * @param {Config} config
 * @param {AbortSignal} signal
 * @returns {Promise<any>} null where the browser has no autofill
 */
async function conditionalCredential(config, signal) {
  if (!(await canAutofill())) return null;
  refuseIfAborted(signal);
  await visible(signal);
  const { publicKey } = await post(config, config.urls.startLogin, { signal });
  const timer = setTimeout(() => rearm?.(), config.challengeSeconds * REARM_AFTER * 1000);
  try {
    return await prompt("get", { publicKey: decodeOptions(publicKey), signal, mediation: "conditional" });
  } finally {
    clearTimeout(timer);
  }
}

async function canAutofill() {
  if (!isSupported() || !autofillField()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}

/** Only a person's next move arms it again: where each request fails at once, we must not ask for ever. */
function armOnFocus() {
  if (rearm) autofillField()?.addEventListener("focus", rearm, { once: true });
}

/**
 * Resolves when the page can be seen: nobody answers in a tab that was opened in the background.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function visible(signal) {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => reject(abortError()), { once: true });
  });
}

/**
 * @param {"create" | "get"} method
 * @param {{publicKey: any, signal: AbortSignal, mediation?: string}} options
 * @returns {Promise<any>}
 */
async function prompt(method, options) {
  refuseIfAborted(options.signal);
  const ask = () => /** @type {any} */ (navigator.credentials)[method](options);
  const credential = await ask().catch(async (/** @type {any} */ error) => {
    if (error?.name !== "OperationError") throw error;
    // Ours has ended; some other script's request, or a slow browser, may need a moment more.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    refuseIfAborted(options.signal);
    return ask();
  });
  if (!credential) throw new DOMException("No credential", "NotAllowedError");
  return credential;
}

function isSupported() {
  return typeof PublicKeyCredential === "function" && Boolean(navigator.credentials?.get);
}

function abortError() {
  return new DOMException("Another request took over", "AbortError");
}

/** @param {AbortSignal} signal */
function refuseIfAborted(signal) {
  if (signal.aborted) throw abortError();
}

/* JSON and bytes: our own, because toJSON() fails on the objects that some password managers return */

/** @param {ArrayBuffer | ArrayBufferView} data */
function encode(data) {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function decode(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {any} options creation or request options as JSON */
function decodeOptions(options) {
  const decoded = { ...options, challenge: decode(options.challenge) };
  if (options.user) decoded.user = { ...options.user, id: decode(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) decoded[list] = options[list].map(decodeDescriptor);
  }
  return decoded;
}

/** @param {any} descriptor */
function decodeDescriptor(descriptor) {
  return { ...descriptor, id: decode(descriptor.id) };
}

/** @param {any} credential */
function encodeRegistration(credential) {
  const { response } = credential;
  return encodeCredential(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    attestationObject: encode(response.attestationObject),
    transports: attempt(() => response.getTransports(), []),
  });
}

/** @param {any} credential */
function encodeLogin(credential) {
  const { response } = credential;
  return encodeCredential(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    authenticatorData: encode(response.authenticatorData),
    signature: encode(response.signature),
    userHandle: response.userHandle ? encode(response.userHandle) : undefined,
  });
}

/**
 * @param {any} credential
 * @param {Answer} response
 */
function encodeCredential(credential, response) {
  const attachment = attempt(() => credential.authenticatorAttachment, null);
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: attempt(() => credential.getClientExtensionResults(), {}),
    authenticatorAttachment: ATTACHMENTS.includes(attachment) ? attachment : undefined,
  };
}

/**
 * @param {() => any} read
 * @param {any} fallback
 */
function attempt(read, fallback) {
  try {
    return read() ?? fallback;
  } catch {
    return fallback;
  }
}

/* The server */

/**
 * @param {Config} config
 * @param {string} url
 * @param {{body?: object, signal?: AbortSignal}} request only a start can be aborted: a finalize counts once sent
 * @returns {Promise<Answer>}
 */
async function post(config, url, { body, signal }) {
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: headers(config, body),
      body: body && JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error", // a login page in place of an answer
      signal,
    });
    answer = await readJSON(response);
  } catch (cause) {
    if (signal?.aborted) throw abortError();
    throw new PasskeyError("network", config.texts.network, { cause });
  }
  if (!response.ok) {
    throw new PasskeyError(answer.code ?? "unknown", answer.detail ?? config.texts.generic, { problem: answer });
  }
  return answer;
}

/**
 * @param {Config} config
 * @param {object} [body]
 * @returns {Record<string, string>}
 */
function headers(config, body) {
  const result = { Accept: "application/json", [config.csrf.header]: csrfToken(config) };
  return body ? { ...result, "Content-Type": "application/json" } : result;
}

/** @param {Response} response */
async function readJSON(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!/^application\/(problem\+)?json\b/i.test(type)) throw new TypeError(`${response.status}, ${type}: no JSON`);
  return response.json();
}

/**
 * Read when it is sent: a login in another tab changes it.
 * @param {Config} config
 */
function csrfToken({ csrf }) {
  const start = `${csrf.cookie}=`;
  const cookie = csrf.cookie && document.cookie.split("; ").find((pair) => pair.startsWith(start));
  if (cookie) return cookie.slice(start.length);
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"));
  return input?.value ?? document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
}

/**
 * @param {any} reason
 * @param {string} action
 * @param {Config} config
 */
function translated(reason, action, { texts }) {
  if (reason instanceof PasskeyError) return reason;
  const name = reason?.name ?? "Error";
  const text = texts[`${action}:${name}`] ?? texts[name] ?? texts.generic;
  return new PasskeyError(name, text, { cause: reason });
}

/**
 * @param {"success" | "error"} name
 * @param {object} detail
 */
function emit(name, detail) {
  document.dispatchEvent(new CustomEvent(`passkeys:${name}`, { detail }));
}

/* The page */

/** @returns {Config} */
function pageConfig() {
  const block = document.getElementById("passkeys-config");
  if (!block?.textContent) throw new Error('passkeys: the page has no <script id="passkeys-config">');
  return JSON.parse(block.textContent);
}

/** @returns {HTMLInputElement | null} */
function autofillField() {
  return document.querySelector('input[autocomplete$="webauthn"]');
}

/** @returns {HTMLButtonElement[]} */
function buttons() {
  return Array.from(document.querySelectorAll("button[data-passkey-login], button[data-passkey-register]"));
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} busy
 */
function setBusy(button, busy) {
  button.disabled = busy;
  if (busy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

/**
 * @param {Element | null} near a button: its own texts are shown, else the page's first
 * @param {{status?: string, alert?: string}} texts
 */
function say(near, { status = "", alert = "" }) {
  const scope = near?.closest("[data-passkeys]") ?? document;
  const lines = { "[data-passkey-status]": status, "[data-passkey-alert]": alert };
  for (const [selector, text] of Object.entries(lines)) {
    const line = scope.querySelector(selector);
    if (line) line.textContent = text;
  }
}

/** @param {string | undefined} url none: the page as it is now */
function go(url) {
  if (!url) return location.reload();
  const target = new URL(url, document.baseURI);
  if (/^https?:$/.test(target.protocol)) location.assign(target);
}

/**
 * @param {Element | null} near
 * @param {PasskeyError} error
 */
function show(near, error) {
  if (error.code === "AbortError") return say(near, {});
  say(near, NEUTRAL.includes(error.code) ? { status: error.message } : { alert: error.message });
  if (error.code === "reauthentication_required") go(error.problem.reauthentication_url);
}

/**
 * @param {HTMLButtonElement} button
 * @param {Config} config
 */
async function press(button, config) {
  if (button.disabled) return;
  const registers = button.dataset.passkeyRegister !== undefined;
  setBusy(button, true);
  say(button, { status: config.texts.waiting });
  try {
    const answer = await (registers ? register({ config }) : login({ config }));
    go(registers ? button.dataset.passkeyRegister : answer.redirect_url); // the button stays busy until then
  } catch (error) {
    setBusy(button, false);
    // Disabling it took the focus away.
    if (document.activeElement === document.body) button.focus();
    show(button, /** @type {PasskeyError} */ (error));
  }
}

/** @param {Config} config */
function startAutofill(config) {
  const button = document.querySelector("[data-passkey-login]");
  if (button && !autofillField()) {
    document.querySelector('input[autocomplete="username"]')?.setAttribute("autocomplete", "username webauthn");
  }
  if (!autofillField()) return;
  autofill({
    config,
    onSuccess: (answer) => {
      buttons().forEach((other) => setBusy(other, true));
      go(answer.redirect_url);
    },
    onError: (error) => show(button, error),
  });
}

function wire() {
  if (!document.getElementById("passkeys-config")) return;
  const config = pageConfig();
  if (!isSupported()) {
    buttons().forEach((button) => say(button, { status: config.texts.unsupported }));
    return;
  }
  for (const button of buttons()) {
    button.addEventListener("click", () => press(button, config));
    setBusy(button, false);
  }
  startAutofill(config);
}

addEventListener("pagehide", () => running?.controller.abort(abortError()));
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  buttons().forEach((button) => setBusy(button, !isSupported()));
  rearm?.();
});
wire();
