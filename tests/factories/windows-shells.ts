/*
 * Strict readers of the small part of two shells' grammars that our lines keep to. Whatever else a line holds is an error: the lines
 * are for shells that are not on the machine that runs the tests.
 */

const PS_QUOTES = "'\u2018\u2019\u201a\u201b";

/** One command: bare words, and literals in single quotes, in which only a doubled quote stands for one. */
export function tokensOfPowershell(command: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < command.length) {
    if (command[at] === " ") {
      at += 1;
      continue;
    }
    if (PS_QUOTES.includes(command[at]!)) {
      const [token, end] = powershellLiteral(command, at + 1);
      tokens.push(token);
      at = end;
    } else {
      const [bare = ""] = /^[\w./:=-]+/.exec(command.slice(at)) ?? [];
      if (bare === "") throw new Error(`PowerShell would read ${JSON.stringify(command.slice(at))} as more than a word`);
      tokens.push(bare);
      at += bare.length;
    }
    if (at < command.length && command[at] !== " ") throw new Error(`two words of PowerShell touch each other at ${at} in ${command}`);
  }
  return tokens;
}

function powershellLiteral(command: string, from: number): [string, number] {
  let token = "";
  for (let at = from; at < command.length; at += 1) {
    const character = command[at]!;
    if (!PS_QUOTES.includes(character)) token += character;
    else if (PS_QUOTES.includes(command[at + 1] ?? "x")) {
      token += character;
      at += 1;
    } else return [token, at + 1];
  }
  throw new Error(`a literal of PowerShell does not end: ${command}`);
}

/** One command: cmd leaves what is between double quotes alone, except % and !, and the program splits it by the rules of its C runtime. */
export function argumentsOfCmd(command: string): string[] {
  if (/[%!\p{Cc}]/u.test(command)) throw new Error(`cmd would expand something in ${command}`);
  let isQuoted = false;
  for (const character of command) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[&|<>^()]/.test(character)) throw new Error(`cmd would act on ${character} in ${command}`);
  }
  if (isQuoted) throw new Error(`a quote of cmd does not end: ${command}`);
  const args: string[] = [];
  for (const [, quoted, bare] of command.matchAll(/"((?:[^"\\]|\\+(?!"|\\)|\\\\)*)"|([^\s"]+)/g)) {
    if (quoted === undefined) args.push(bare ?? "");
    // Only in front of a closing quote do two backslashes stand for one.
    else args.push(quoted.replace(/\\+$/, (backslashes) => backslashes.slice(backslashes.length / 2)));
  }
  return args;
}
