import { expect, test } from "vitest";
import { splitOwnAddresses } from "@/components/requests/own-addresses";

const HERE = "https://codex.example.com";

test("an address of this installation is told apart from its sentence, wherever it stands", () => {
  expect(splitOwnAddresses(`Change it at ${HERE}/dashboard/keys/key_1?tab=limits#budget. Or (${HERE}) wait.`, HERE)).toEqual([
    { text: "Change it at ", path: null },
    { text: `${HERE}/dashboard/keys/key_1?tab=limits#budget`, path: "/dashboard/keys/key_1?tab=limits#budget" },
    { text: ". Or (", path: null },
    { text: HERE, path: "/" },
    { text: ") wait.", path: null },
  ]);
});

test.each([
  "Nothing to see here.",
  "See https://codex.example.com.evil.example/dashboard",
  "See https://codex.example.com@evil.example/dashboard",
  "See http://codex.example.com/dashboard",
  "See https://platform.openai.com/account",
  "See https://",
  "See https://codex.example.com//evil.example/login",
  "See https://codex.example.com/\\evil.example/login",
  "See https://codex.example.com/.//evil.example/login",
  "See https://admin@codex.example.com/dashboard",
  "javascript:https",
])("%s holds none", (text) => {
  expect(splitOwnAddresses(text, HERE)).toEqual([{ text, path: null }]);
});
