export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 200;
/** A name as short as this is part of too many words to be taken out of a password. */
const NAME_LENGTH_MIN = 3;

export type PasswordOwner = { username: string; email: string | null; brandName: string };

/**
 * What is wrong with a password, as a sentence for its owner; null: nothing. Length first, then that it is no password that is
 * tried first: one of the packaged list, alone, repeated, or with digits and signs around it.
 */
export async function passwordFault(password: string, owner: PasswordOwner): Promise<string | null> {
  if (password.length < PASSWORD_LENGTH_MIN) return `Use ${PASSWORD_LENGTH_MIN} characters or more.`;
  if (password.length > PASSWORD_LENGTH_MAX) return `Use ${PASSWORD_LENGTH_MAX} characters or fewer.`;
  const folded = password.normalize("NFKC").toLowerCase();
  const rest = withoutNames(folded, owner);
  if (rest.length < PASSWORD_LENGTH_MIN && rest !== folded) {
    return `Your username, your e-mail address and “${owner.brandName}” do not count: without them, use ${PASSWORD_LENGTH_MIN} characters or more.`;
  }
  const common = await commonPasswords();
  const cores = [folded, rest].flatMap((text) => [text, withoutEnds(text)]).map(repeatedPart);
  if (cores.some((core) => core.length < REPEATED_PART_MIN || common.has(core))) {
    return "This password is one of those that are tried first. Choose another: a few words that do not belong together are good.";
  }
  return null;
}

/** `aaaaaaaaaaaa` and `ababababab` are no passwords, however long. */
const REPEATED_PART_MIN = 4;

function withoutNames(text: string, { username, email, brandName }: PasswordOwner): string {
  const names = [email, email?.split("@")[0], username, brandName].map((name) => name?.normalize("NFKC").toLowerCase() ?? "");
  return names
    .filter((name) => name.length >= NAME_LENGTH_MIN)
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, name) => rest.replaceAll(name, ""), text);
}

/** `2026monkey!!` is `monkey`. What has no letter stays as it is. */
function withoutEnds(text: string): string {
  return text.replace(/^\P{L}+(?=\p{L})/u, "").replace(/(?<=\p{L})\P{L}+$/u, "");
}

/** `abcabcabc` is `abc`. */
function repeatedPart(text: string): string {
  const length = (text + text).indexOf(text, 1);
  return length > 0 && length < text.length ? text.slice(0, length) : text;
}

let loading: Promise<ReadonlySet<string>> | undefined;

/** Loaded with the first password that somebody chooses: about 49,000 words. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) => new Set(dictionary["passwords-common"]));
  return loading;
}
