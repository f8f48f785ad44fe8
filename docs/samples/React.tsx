import { useEffect, useState, type FormEvent } from "react";
import { connect, type Passkey, type PasskeyError, type Statement } from "./passkeys/passkeys_api.js";

const passkeys = connect(); // { baseUrl: "https://api.example.com/passkeys/" } for a site of another origin
const link = location.hash.slice(1); // of an enrolment: https://example.com/app#<secret of the link>

type Work = () => Promise<unknown>;

export default function App() {
  const [list, setList] = useState<Passkey[] | null>(null); // null: nobody is signed in
  const [message, setMessage] = useState("");
  const [pending, setPending] = useState<{ work: Work; methods: string[] } | null>(null);
  const [review, setReview] = useState<{ statement: Statement; answer: (agrees: boolean) => void } | null>(null);
  const signedIn = list !== null;
  const nothing = async () => {};

  async function run(work: Work) {
    setMessage("");
    setPending(null);
    try {
      await work();
      setList(await passkeys.list());
    } catch (reason) {
      const error = reason as PasskeyError;
      if (error.code === "reauthentication_required") setPending({ work, methods: error.problem.methods ?? [] });
      if (error.code === "not_authenticated") setList(null);
      else setMessage(error.message);
    }
  }

  useEffect(() => void run(nothing), []); // who is signed in?
  useEffect(() => {
    if (signedIn) return;
    return passkeys.autofill({ onSuccess: () => run(nothing), onError: ({ message }) => setMessage(message) });
  }, [signedIn]);

  function confirm(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    run(() => passkeys.confirm({ password }).then(pending!.work));
  }

  function transfer(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    run(async () => {
      const { signature } = await passkeys.sign("/transfer/", values, {
        review: (statement) => new Promise((answer) => setReview({ statement, answer })),
      }).finally(() => setReview(null));
      setMessage(`Signed: ${signature}`);
    });
  }

  return (
    <main>
      <p role="status">{message}</p>

      {!signedIn && <>
        <label>Username <input name="username" autoComplete="username webauthn" /></label>
        <button onClick={() => run(() => passkeys.login())}>Sign in with a passkey</button>
        {link && <button onClick={() => run(() => passkeys.enrol(link))}>Create the passkey of this link</button>}
      </>}

      {signedIn && <>
        <ul>{list.map(({ id, name }) => (
          <li key={id}>{name} <button onClick={() => run(() => passkeys.remove(id))}>Remove</button></li>
        ))}</ul>
        <button onClick={() => run(() => passkeys.register())}>Create a passkey</button>
        <form onSubmit={transfer}>
          <label>To <input name="to" required /></label>
          <label>Amount <input name="amount" required /></label>
          <label>Purpose <input name="purpose" /></label>
          <button>Transfer</button>
        </form>
      </>}

      {pending?.methods.includes("passkey") && (
        <button onClick={() => run(() => passkeys.confirm().then(pending.work))}>Confirm with a passkey</button>
      )}
      {pending && !pending.methods.every((method) => method === "passkey") && (
        <form onSubmit={confirm}>
          <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
          <button>Confirm with the password</button>
        </form>
      )}

      {review && <>
        <dl>{review.statement.rows.map(({ path, value }) => (
          <div key={path.join()}><dt>{path.join(", ")}</dt><dd>{String(value)}</dd></div>
        ))}</dl>
        <button onClick={() => review.answer(true)}>Sign with a passkey</button>
        <button onClick={() => review.answer(false)}>Do not sign</button>
      </>}
    </main>
  );
}
