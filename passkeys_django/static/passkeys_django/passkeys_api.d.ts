/* The types of passkeys_api.js. docs/script-api.md is the manual. */

/** Everything that a front end without our templates does with passkeys. */
export function connect(options?: ConnectOptions): Passkeys;

export interface ConnectOptions {
  /** Where the site includes `passkeys_django.urls`. Of another origin: with the origin. */
  baseUrl?: string;
}

/** What fails, fails with a `PasskeyError`. With a `signal`, you can stop what runs: it fails with `AbortError`. */
export interface Passkeys {
  /** Create a passkey for the person who is signed in. `conditional`: without a dialog, if the browser agrees. */
  register(options?: RegisterOptions): Promise<Passkey>;
  /** Sign in. `immediate`: only with a passkey of this device. */
  login(options?: LoginOptions): Promise<Redirect>;
  /** Offer passkeys in `<input autocomplete="username webauthn">`. Returns what ends the offer. */
  autofill(listeners?: AutofillListeners): () => void;
  /** Show again who is signed in: with a passkey, or with the password. */
  confirm(options?: ConfirmOptions): Promise<Redirect>;
  /** The step after a password, where a session waits for it (`second_step_required`). */
  secondStep(options?: Stoppable & Next): Promise<Redirect>;
  /** Make an account and its passkey, with the values of the site's form. */
  signup(values: Values, options?: Stoppable & Next): Promise<Redirect>;
  /** Create the passkey of a link, and sign in with it. `link`: as it was sent; else the last one that was opened. */
  enrol(link?: string | URL | null, options?: Stoppable & Next): Promise<Redirect>;
  /** Sign a form that is a `SignedFormView` of the site. */
  sign(url: string | URL, values: Values, options: SignOptions): Promise<Signed>;

  /** The passkeys of the person who is signed in. */
  list(): Promise<Passkey[]>;
  rename(id: string, name: string): Promise<Passkey>;
  remove(id: string): Promise<void>;
}

/** The values of a form, by the names of its fields. */
export type Values = Record<string, unknown> | FormData;

export interface Stoppable {
  signal?: AbortSignal;
}

export interface Next {
  /** Where the person wants to go afterwards. The site checks the URL: see `redirect_url`. */
  next?: string;
}

export interface RegisterOptions extends Stoppable {
  kind?: "passkey" | "security-key";
  conditional?: boolean;
  /** "this": only on this device, where the page promises that. Without: on any. */
  device?: "this";
}

export interface LoginOptions extends Stoppable, Next {
  immediate?: boolean;
}

export interface ConfirmOptions extends Stoppable {
  /** Without: with a passkey. */
  password?: string;
}

export interface AutofillListeners {
  onSuccess?: (answer: Redirect) => void;
  /** Only after somebody chose a passkey. */
  onError?: (error: PasskeyError) => void;
}

export interface SignOptions extends Stoppable {
  /** Shows what will be signed. True: the person agrees. Called again if the statement changed meanwhile. */
  review: (statement: Statement) => boolean | Promise<boolean>;
}

/** What a person signs, read from the very text that is signed. Show this, and not the values that you have sent. */
export interface Statement {
  /** The canonical JSON. */
  text: string;
  action: string;
  /** When the site wrote it. */
  at: Date;
  rows: Row[];
}

/** One line of what to show. */
export interface Row {
  /** The name of the field; of a value within another one, all names from the outside to the inside. */
  path: string[];
  value: string | number | boolean | null;
  /** The key, where somebody chose a row of the database; `value` is its text. */
  key?: string | number;
}

export interface Signed {
  /** The id of the signature. */
  signature: string;
  redirect_url: string;
}

export interface Redirect {
  redirect_url: string;
}

export interface Passkey {
  id: string;
  kind: "passkey" | "security-key";
  name: string;
  /** What nobody has proven: to show, not to decide by. */
  manager: string | null;
  credential_id: string;
  aaguid: string;
  transports: string[];
  backup_eligible: boolean | null;
  backup_state: boolean | null;
  created_at: string;
  last_used_at: string | null;
  use_count: number;
}

/** `name` is "PasskeyError". `message` is a sentence for people, in their language. */
export interface PasskeyError extends Error {
  /** The server's code, or the name of the browser's exception. */
  code: string;
  /** The server's answer; empty if the server did not refuse. */
  problem: Problem;
}

export interface Problem {
  status?: number;
  detail?: string;
  code?: string;
  /** In seconds, from the header `Retry-After`; 0 without one. */
  retryAfter?: number;
  /** Of `reauthentication_required`: the ways to `confirm()`. */
  methods?: ("passkey" | "password" | "security-key")[];
  /** Of a form: what is wrong with which field. */
  errors?: Record<string, string[]>;
  [member: string]: unknown;
}
