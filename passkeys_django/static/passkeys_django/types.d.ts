/* The types in passkeys.js, for `tsc --checkJs`. No browser needs this file. */

/** The data block of a page; docs/script.md tells what each member is for. */
interface Config {
  urls: Record<string, string>;
  csrf: { header: string; cookie?: string | null };
  challengeSeconds: number;
  texts: Record<string, string>;
  cancelClass?: string;
  start?: Start;
  form?: LoginForm;
  immediate?: boolean;
  signalApi?: false;
  wrongAddress?: string;
  conditionalCreate?: boolean;
  signals?: Signals;
  send?: Send;
}

/** Sends what the script posts, for a front end without a data block: passkeys_api.js has its own. */
type Send = (url: URL, init: RequestInit) => Promise<Response>;

/** What the login button is for, if not for a login. The body of start-login. */
interface Start {
  purpose: "confirm" | "second-step" | "enrol";
  token?: string;
}

/** How the page's login form takes a passkey. Names are those of its inputs. */
interface LoginForm {
  field: string;
  beside: string;
  action?: string;
  next?: [name: string, url: string];
  refused?: true;
}

/** What the page tells the browser about passkeys. */
interface Signals {
  accepted?: boolean;
  userDetails?: CurrentUserDetailsOptions[];
  unknown?: UnknownCredentialOptions;
}

/** The server's JSON. */
type Answer = Record<string, any>;

/** What is called after a login from the autofill. */
interface Listeners {
  onSuccess?: (answer: any) => void;
  onError?: (error: import("./passkeys.js").PasskeyError) => void;
}

/** A ceremony, from start to finalize. */
type Run = (signal: AbortSignal) => Promise<any>;

/** Opens the browser's prompt. */
type Ask = () => Promise<Credential | null>;
