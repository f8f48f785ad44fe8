/* The types in passkeys.js, for `tsc --checkJs`. No browser needs this file. */

/** The data block of a page; docs/script.md tells what each member is for. */
interface Config {
  urls: Record<string, string>;
  csrf: { header: string; cookie: string | null };
  challengeSeconds: number;
  texts: Record<string, string>;
  purpose?: "confirm";
  immediate?: boolean;
  signalApi?: false;
  wrongAddress?: string;
  conditionalCreate?: boolean;
  signals?: { removed: boolean; userDetails: CurrentUserDetailsOptions[] };
}

/** The server's JSON. */
type Answer = Record<string, any>;

/** The authenticator's response, of either kind. */
type AnyResponse = AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
