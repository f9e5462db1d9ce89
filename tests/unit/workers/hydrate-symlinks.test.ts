import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { hydrateSymlinks } from "@/workers/shared/embedded-postgres/hydrate-symlinks";

test("the links that a blocked install script did not make are made, once", () => {
  const native = path.join(temporaryFolder(), "native");
  mkdirSync(path.join(native, "lib"), { recursive: true });
  writeFileSync(path.join(native, "lib", "libpq.so.5.18"), "library");
  writeFileSync(
    path.join(native, "pg-symlinks.json"),
    JSON.stringify([{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }]),
  );
  hydrateSymlinks(native);
  hydrateSymlinks(native);
  expect(readlinkSync(path.join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
  expect(readFileSync(path.join(native, "lib", "libpq.so.5"), "utf8")).toBe("library");
});
