import { expect, test } from "vitest";
import { systemCallWords } from "@/components/lanes/isolation-facts";

test("a system call filter that is off says what keeps the container apart, where something does", () => {
  expect(systemCallWords({ fs: true, pids: true, seccomp: false })).toMatch(/^off: .* namespaces/);
  expect(systemCallWords({ fs: false, pids: false, seccomp: false })).toBe("off");
  expect(systemCallWords({ fs: true, pids: true, seccomp: true })).toBe("on");
  expect(systemCallWords({ fs: true, pids: true, seccomp: null })).toBe("unknown");
});
