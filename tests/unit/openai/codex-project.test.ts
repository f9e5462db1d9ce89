import { expect, test } from "vitest";
import { projectId } from "@/lib/gateway/project-id";
import { ownerHmac } from "@/lib/crypto/owner-hmac";
import { readCodexLabels } from "@/lib/openai/codex-metadata";
import { readCodexProject } from "@/lib/openai/codex-project";

const message = (role: string, ...texts: string[]) => ({
  type: "message",
  role,
  content: texts.map((text) => ({ type: "input_text", text })),
});
const environment = (folder: string) => `<environment_context>\n  <cwd>${folder}</cwd>\n  <shell>bash</shell>\n</environment_context>`;
const nothing = readCodexLabels({});
const session = readCodexLabels({ "session-id": "session-1", "thread-id": "thread-1" });

test("the folder is the one of the environment that stands in front of the conversation", () => {
  const input = [
    message("developer", environment("/not/this")),
    message("user", "a rule", environment("/home/ada/site")),
    message("user", "hi"),
  ];
  expect(readCodexProject({ input }, session)).toEqual({ kind: "folder", name: "/home/ada/site" });
  expect(readCodexProject({ input: [message("user", environment("C:\\Users\\Ada\\site"))] }, nothing)?.name).toBe("C:\\Users\\Ada\\site");
});

test("without a folder the session groups, else the thread, else nothing does", () => {
  expect(readCodexProject({ input: "hi" }, session)).toEqual({ kind: "session", name: "session-1" });
  expect(readCodexProject({}, readCodexLabels({ "thread-id": "thread-1" }))).toEqual({ kind: "session", name: "thread-1" });
  expect(readCodexProject({ input: [message("user", "hi")] }, nothing)).toBeNull();
  expect(readCodexProject({ input: "A title" }, { ...session, threadSource: "thread_title" })).toBeNull();
});

test.each([
  [
    "an environment that the user typed later",
    [...Array.from({ length: 256 }, () => message("user", "x")), message("user", environment("/x"))],
  ],
  ["a folder far into a text", [message("user", `<environment_context>${" ".repeat(9_000)}<cwd>/x</cwd>`)]],
  ["an empty folder", [message("user", environment(" "))]],
  ["shapes that make no sense", [null, 5, "text", { role: "user" }, { role: "user", content: [null, { text: 5 }] }]],
])("%s is none", (_name, input) => {
  expect(readCodexProject({ input }, nothing)).toBeNull();
});

test("a project's id is the same for the same owner only, and says nothing of the folder", () => {
  const id = (owner: string, kind: "folder" | "session", name: string) =>
    projectId({ kind, name }, (value) => ownerHmac("master", owner, value));
  const one = id("usr_1", "folder", "/home/ada/site");
  expect(one).toMatch(/^dir_[0-9a-f]{20}$/);
  expect(id("usr_1", "folder", "/home/ada/site")).toBe(one);
  const others = [id("usr_2", "folder", "/home/ada/site"), id("usr_1", "folder", "/home/ada"), id("usr_1", "session", "/home/ada/site")];
  expect(new Set([one, ...others]).size).toBe(4);
});
