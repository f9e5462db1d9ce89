import path from "node:path";
import { expect, test } from "vitest";
import { adminLine } from "@/app/_server/admin-line";

test("a line for the operator works in the shell of an installation with a data folder of its own", () => {
  expect(adminLine({ dataDir: "/srv/it's here" }, "--help")).toBe(
    `SWITCHYARD_DATA_DIR='/srv/it'\\''s here' npm run --silent admin -- --help`,
  );
});

test("and is as short as it can be in the usual folder", () => {
  expect(adminLine({ dataDir: path.resolve(".data") }, "--help")).toBe("npm run --silent admin -- --help");
});
