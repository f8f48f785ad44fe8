import { connect, type Passkey, type PasskeyError, type Statement } from "./passkeys/passkeys_api.js";

const passkeys = connect(); // { baseUrl: "https://api.example.com/passkeys/" } for a site of another origin
const link = location.hash.slice(1); // of an enrolment: https://example.com/app#<secret of the link>

document.body.innerHTML = `
<p role="status"></p>
<div id="signed-out" hidden>
  <label>Username <input name="username" autocomplete="username webauthn"></label>
  <button id="login">Sign in with a passkey</button>
  <button id="enrol" ${link ? "" : "hidden"}>Create the passkey of this link</button>
</div>
<div id="signed-in" hidden>
  <ul id="list"></ul> <button id="register">Create a passkey</button>
  <form id="transfer">
    <label>To <input name="to" required></label>
    <label>Amount <input name="amount" required></label>
    <label>Purpose <input name="purpose"></label> <button>Transfer</button>
  </form>
</div>
<button id="confirm" hidden>Confirm with a passkey</button>
<form id="password" hidden>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Confirm with the password</button>
</form>
<div id="review" hidden>
  <p id="statement"></p> <button id="sign">Sign with a passkey</button> <button id="refuse">Do not sign</button>
</div>`;

type Work = () => Promise<unknown>;
const nothing: Work = async () => {};
let endAutofill = () => {};
const find = <T extends HTMLElement>(id: string) => document.querySelector(`#${id}, [role=${id}]`) as T;
const say = (text: string) => find("status").textContent = text;
const show = (id: string, shown: boolean) => find(id).hidden = !shown;

async function run(work: Work) {
  say("");
  askToConfirm([]);
  try {
    await work();
    signedIn(await passkeys.list());
  } catch (reason) {
    const { code, message, problem } = reason as PasskeyError;
    if (code === "not_authenticated") return signedOut();
    say(message);
    if (code === "reauthentication_required") askToConfirm(problem.methods ?? [], work);
  }
}

function askToConfirm(methods: string[], work = nothing) {
  show("confirm", methods.includes("passkey"));
  show("password", methods.some((method) => method !== "passkey"));
  find("confirm").onclick = () => run(() => passkeys.confirm().then(work));
  onSubmit("password", (values) => passkeys.confirm({ password: String(values.get("password")) }).then(work));
}

function signedIn(list: Passkey[]) {
  endAutofill();
  show("signed-in", true);
  show("signed-out", false);
  find("list").replaceChildren(...list.map(({ id, name }) => {
    const [item, button] = [document.createElement("li"), document.createElement("button")];
    Object.assign(button, { textContent: "Remove", onclick: () => run(() => passkeys.remove(id)) });
    item.append(`${name} `, button);
    return item;
  }));
}

function signedOut() {
  show("signed-in", false);
  show("signed-out", true);
  endAutofill = passkeys.autofill({ onSuccess: () => run(nothing), onError: ({ message }) => say(message) });
}

function review({ rows }: Statement) {
  const texts = rows.map(({ path, value }) => `${path.join(", ")}: ${value}`);
  find("statement").innerText = texts.join("\n");
  show("review", true);
  return new Promise<boolean>((answer) => {
    find("sign").onclick = () => answer(true);
    find("refuse").onclick = () => answer(false);
  }).finally(() => show("review", false));
}

function onSubmit(id: string, work: (values: FormData) => Promise<unknown>) {
  find(id).onsubmit = (event) => {
    event.preventDefault();
    run(() => work(new FormData(find<HTMLFormElement>(id))));
  };
}

find("enrol").onclick = () => run(() => passkeys.enrol(link));
find("login").onclick = () => run(() => passkeys.login());
find("register").onclick = () => run(() => passkeys.register());
onSubmit("transfer", async (values) => {
  const { signature } = await passkeys.sign("/transfer/", values, { review });
  say(`Signed: ${signature}`);
});
run(nothing); // who is signed in?
