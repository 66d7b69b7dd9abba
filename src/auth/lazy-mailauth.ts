// mailauth, loaded by the first thread that verifies: the list of checks is read by the main thread too, which should not hold 27 MB
// of code for it. An import is looked up anew each time that it is run, several times a message.

type Mailauth = typeof import('./mailauth.ts');

let loading: Promise<Mailauth> | undefined;

export function mailauth(): Promise<Mailauth> {
  loading ??= import('./mailauth.ts');
  return loading;
}
