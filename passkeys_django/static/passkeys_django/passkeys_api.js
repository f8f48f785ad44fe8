/** Passkeys in front ends without our templates: an ES module. docs/script-api.md is its manual. */

/** @typedef {typeof import("./passkeys.js")} Script */
/** @typedef {import("./passkeys_api.js").Row} Row */
/** @typedef {import("./passkeys_api.js").PasskeyError} PasskeyError */

const LOGINS = /\/(finalize-(login|signup|enrolment)|confirm\/|second-step\/)$/; // a login makes a new CSRF token
const ENDPOINTS = {
  startRegistration: "start-registration",
  finalizeRegistration: "finalize-registration",
  startLogin: "start-login",
  finalizeLogin: "finalize-login",
  acceptedCredentials: "accepted-credentials",
};
const BEFORE_THE_SITE_ANSWERS = {
  network: "The site can't be reached at the moment. Check your connection and try again.",
  offline: "You are offline. Connect to the internet, then try again.",
  generic: "Something went wrong. Reload the page and try again.",
};

/** @type {typeof import("./passkeys_api.js").connect} */
export function connect({ baseUrl = "/passkeys/" } = {}) {
  const { at, load } = siteAt(baseUrl);
  /** @type {object | null} the newest one */
  let offer = null;

  /**
   * @param {AbortSignal | undefined} signal the caller's
   * @param {(script: Script) => Promise<any>} begin
   */
  async function stoppable(action = "", signal, begin) {
    const script = await load();
    const stop = () => script.stop(action);
    signal?.addEventListener("abort", stop);
    try {
      const answer = begin(script);
      if (signal?.aborted) stop();
      return await answer;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * @param {AbortSignal | undefined} signal the caller's
   * @param {(script: Script, own: AbortSignal) => Promise<any>} work
   */
  function run(action = "", signal, work, manner = "") {
    return stoppable(action, signal, (script) => script.ceremony(action, manner, (own) => work(script, own)));
  }

  /** @param {(script: Script) => void} work for the newest offer only */
  function whileNewest(mine = {}, work) {
    load().then((script) => offer === mine && work(script), () => {});
  }

  return {
    register: ({ signal, ...options } = {}) => stoppable("register", signal, ({ register }) => register(options)),

    login({ immediate = false, next, signal } = {}) {
      const more = immediate ? { uiMode: "immediate" } : {};
      return run("login", signal, (script, own) => prove(script, {}, at("finalize-login", next), own, more),
        immediate ? "immediate" : "");
    },

    autofill(listeners) {
      const mine = {};
      offer = mine;
      whileNewest(mine, ({ autofill }) => autofill(listeners));
      return () => whileNewest(mine, ({ stopAutofill }) => stopAutofill());
    },

    confirm: ({ password, signal } = {}) => run("confirm", signal, (script, own) =>
      password === undefined
        ? prove(script, { purpose: "confirm" }, at("finalize-login"), own)
        : confirmWithPassword(script, at("confirm/"), password, own)),

    secondStep: ({ next, signal } = {}) => run("second-step", signal, (script, own) =>
      prove(script, { purpose: "second-step" }, at("second-step/", next), own)),

    signup: (values, { next, signal } = {}) => run("signup", signal, (script, own) =>
      create(script, at("start-signup"), plain(values), at("finalize-signup", next), own)),

    enrol: (link, { next, signal } = {}) => run("enrol", signal, async (script, own) => {
      if (link) await open(script, at(`enrol/${secretOf(link)}/`), own);
      return create(script, at("start-enrolment"), {}, at("finalize-enrolment", next), own);
    }),

    async sign(url, values, { review, signal }) {
      const script = await load();
      const target = new URL(url, at()).href;
      const fields = plain(values);

      /**
       * @param {Answer} round what the site wants to be signed
       * @returns {Promise<import("./passkeys_api.js").Signed>}
       */
      async function signs(round) {
        const { PasskeyError, config, encodeCredential, post } = script;
        if (!(await review(read(round.statement)))) {
          throw new PasskeyError("NotAllowedError", config().texts["sign:NotAllowedError"]);
        }
        return run("sign", signal, async (_, own) => {
          const credential = await ask(script, round.publicKey, own);
          const body = { ...fields, passkey: encodeCredential(credential) };
          return twice(() => post(target, body));
        }).catch((error) => {
          if (error.code !== "statement_changed") throw error;
          return signs(error.problem);
        });
      }
      if (!target.startsWith(`${new URL(at()).origin}/`)) { // nobody else gets the CSRF token
        throw new script.PasskeyError("SecurityError", script.config().texts.SecurityError);
      }
      return signs(await script.post(target, fields, signal));
    },

    list: async () => (await (await load()).post(at(), null)).passkeys,

    rename: async (id, name) => (await load()).post(at(`${encodeURIComponent(id)}/rename/`), { name }),

    async remove(id) {
      const { post, signalAcceptedPasskeys } = await load();
      await post(at(`${encodeURIComponent(id)}/remove/`));
      signalAcceptedPasskeys();
    },
  };
}

/* The site */

/** What knows the URLs, and loads the script and what the site tells it, at once and only once. */
function siteAt(baseUrl = "") {
  /** @type {Promise<Script> | null} */
  let loading = null;
  /** @type {Promise<{header: string, token: string}>} */
  let csrf;

  function at(path = "", next = "") {
    const url = new URL(path, new URL(baseUrl.replace(/\/?$/, "/"), location.href));
    if (next) url.searchParams.set("next", next);
    return url.href;
  }

  function renewToken() {
    const answer = fetch(at("script-config"), { credentials: "include" }).then((response) => response.json());
    csrf = answer.then((told) => told.csrf);
    csrf.catch(() => {}); // the next post tells of it
    return csrf;
  }

  /** @type {Send} */
  async function send(url, init) {
    if (!init.body) return fetch(url, { ...init, credentials: "include", headers: { Accept: "application/json" } });
    let response = await sendWithToken(url, init);
    if (await isForToken(response)) {
      renewToken();
      response = await sendWithToken(url, init);
    }
    if (response.ok && LOGINS.test(url.pathname)) renewToken();
    return response.status === 204 ? new Response("{}") : response;
  }

  /** @type {Send} */
  async function sendWithToken(url, init) {
    const { header, token } = await csrf.catch(renewToken);
    return fetch(url, { ...init, credentials: "include", headers: { ...init.headers, [header]: token } });
  }

  async function begin() {
    const script = await import("./passkeys.js");
    const urls = Object.fromEntries(Object.entries(ENDPOINTS).map(([name, path]) => [name, at(path)]));
    const page = { urls, send, challengeSeconds: 0, csrf: { header: "X-CSRFToken" }, texts: BEFORE_THE_SITE_ANSWERS };
    script.config(page);
    const told = await script.post(at("script-config"), null);
    csrf = Promise.resolve(told.csrf);
    script.config({ ...page, ...told });
    return script;
  }

  function load() {
    loading ??= begin().catch((error) => {
      loading = null; // the next call tries again
      throw error;
    });
    return loading;
  }

  if (globalThis.document) load().catch(() => {}); // before the click: some browsers forget the click while they wait
  return { at, load };
}

/**
 * Was the request refused for its CSRF token? Django itself says so in HTML.
 * @param {Response} response
 */
async function isForToken(response) {
  if (response.status !== 403) return false;
  const { code } = await response.clone().json().catch(() => ({ code: "csrf_failed" }));
  return code === "csrf_failed";
}

/* Ceremonies */

/**
 * @param {Script} script
 * @param {Answer} publicKey the request options
 * @param {AbortSignal} signal
 */
function ask(script, publicKey, signal, more = {}) {
  const options = { publicKey: script.decodeOptions(publicKey), signal, ...more };
  return script.prompt(() => navigator.credentials.get(options), signal);
}

/**
 * Show a passkey.
 * @param {Script} script
 * @param {AbortSignal} signal
 */
async function prove(script, start = {}, url = "", signal, more = {}) {
  const { publicKey } = await script.post("startLogin", start, signal);
  return script.finalize(url, await ask(script, publicKey, signal, more), publicKey.rpId);
}

/**
 * Create a passkey for somebody who is not signed in.
 * @param {Script} script
 * @param {AbortSignal} signal
 */
async function create(script, start = "", body = {}, url = "", signal) {
  const { publicKey } = await script.post(start, body, signal);
  const options = { publicKey: script.decodeOptions(publicKey), signal };
  const credential = await script.prompt(() => navigator.credentials.create(options), signal);
  return script.finalize(url, credential, publicKey.rp.id);
}

/**
 * Where a security key comes after the password, ask for it at once.
 * @param {Script} script
 * @param {AbortSignal} signal
 */
async function confirmWithPassword(script, url = "", password = "", signal) {
  try {
    return await script.post(url, { password }, signal);
  } catch (error) {
    const { token } = /** @type {PasskeyError} */ (error).problem;
    if (!token) throw error;
    const { publicKey } = await script.post("startLogin", { purpose: "second-step", token }, signal);
    const credential = script.encodeCredential(await ask(script, publicKey, signal));
    return script.post(url, { token, passkey: JSON.stringify(credential) });
  }
}

/**
 * Open a link that lets somebody in: the site sets a cookie, and leads to its own page.
 * @param {Script} script
 * @param {AbortSignal} signal
 */
async function open(script, url = "", signal) {
  try {
    await fetch(url, { credentials: "include", redirect: "manual", signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new script.PasskeyError("network", script.config().texts.network, {}, cause);
  }
}

/** @param {string | URL} link */
function secretOf(link) {
  return encodeURIComponent(String(link).split("/").filter(Boolean).at(-1) ?? "");
}

/* Signed forms */

/** @returns {import("./passkeys_api.js").Statement} */
function read(text = "") {
  const { action, at, data } = JSON.parse(text);
  return { text, action, at: new Date(at * 1000), rows: rows(data) };
}

/**
 * A row for each value, as the site's own page shows them (`signatures/statements.py`).
 * @param {any} value
 * @param {string[]} path
 * @returns {Row[]}
 */
function rows(value, path = []) {
  if (Object(value) !== value) return [{ path, value }];
  const members = Object.entries(value);
  if (!members.length) return [{ path, value: null }];
  if (Array.isArray(value)) return value.flatMap((item, index) => rows(item, [...path, String(index + 1)]));
  if (isChoice(value)) return [{ path, value: value.text, key: value.id }];
  return members.flatMap(([name, item]) => rows(item, [...path, name]));
}

/**
 * A row of the database that somebody has chosen.
 * @param {Record<string, unknown>} value
 */
function isChoice(value) {
  const { id, text } = value;
  const isNamedSo = Object.keys(value).sort().join(" ") === "id text";
  return isNamedSo && ["string", "number"].includes(typeof id) && typeof text === "string";
}

/**
 * @param {import("./passkeys_api.js").Values} values
 * @returns {Record<string, unknown>}
 */
function plain(values) {
  if (!(values instanceof FormData)) return values;
  return Object.fromEntries([...values.keys()].map((name) => {
    const all = values.getAll(name);
    return [name, all.length === 1 ? all[0] : all];
  }));
}

/**
 * Once more if the answer was lost: the site answers the same, and does nothing twice.
 * @param {() => Promise<Answer>} post
 */
function twice(post) {
  return post().catch((error) => {
    if (error.code !== "network") throw error;
    return post();
  });
}
