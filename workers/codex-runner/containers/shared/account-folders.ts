import path from "node:path";

/** Where the container of one account is on this machine. All of it derives from the account's id. */
export type AccountFolders = {
  /** CODEX_HOME, with the sign-in in it. Survives the container. */
  home: string;
  /** What belongs to the running container only. */
  run: string;
  sockets: string;
  record: string;
  errorLog: string;
  certificates: string;
  lock: string;
};

const ACCOUNT_ID = /^acct_[0-9a-z]{1,64}$/;

export function homesFolder(dataDir: string): string {
  return path.join(dataDir, "codex", "homes");
}

export function runsFolder(dataDir: string): string {
  return path.join(dataDir, "codex", "run");
}

export function isAccountId(text: string): boolean {
  return ACCOUNT_ID.test(text);
}

/** An id that could lead elsewhere is a bug of the caller. */
export function accountFolders(dataDir: string, accountId: string): AccountFolders {
  if (!isAccountId(accountId)) throw new Error("not the id of a ChatGPT account");
  const run = path.join(runsFolder(dataDir), accountId);
  return {
    home: path.join(homesFolder(dataDir), accountId),
    run,
    sockets: path.join(run, "sockets"),
    record: path.join(run, "container.json"),
    errorLog: path.join(run, "stderr.log"),
    certificates: path.join(run, "ca.pem"),
    lock: path.join(runsFolder(dataDir), `${accountId}.lock`),
  };
}
