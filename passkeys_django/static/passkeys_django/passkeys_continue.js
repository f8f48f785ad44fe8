/*
 * The page of an action of the admin that is done in batches: goes on with the next batch by itself.
 * Without this script, staff press the button.
 */

const form = document.querySelector("form[data-passkey-continue]");
if (form instanceof HTMLFormElement) form.requestSubmit();
