import { expect, test } from "vitest";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";

const OLD = "old".padEnd(40, "x");
const NEW = "new".padEnd(40, "y");
const sealer = createSealer(parseMasterKeys(OLD));

test("what was sealed for a row opens for that row", () => {
  const { sealed, keyId } = sealer.seal("sk-secret ünï", "prov_1");
  expect(sealer.open(sealed, keyId, "prov_1")).toBe("sk-secret ünï");
  expect(sealed.includes("sk-secret")).toBe(false);
});

test("a sealed value copied into another row does not open", () => {
  const { sealed, keyId } = sealer.seal("sk-secret", "prov_1");
  expect(() => sealer.open(sealed, keyId, "prov_2")).toThrow();
});

test("no byte of a sealed value can be changed unnoticed", () => {
  const { sealed, keyId } = sealer.seal("sk-secret", "prov_1");
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(() => sealer.open(changed, keyId, "prov_1")).toThrow();
  }
});

test("the same secret is sealed differently every time", () => {
  expect(sealer.seal("same", "row").sealed.equals(sealer.seal("same", "row").sealed)).toBe(false);
});

test("after a rotation the new key seals and the old one still opens", () => {
  const before = sealer.seal("sk-secret", "prov_1");
  const rotated = createSealer(parseMasterKeys(`${NEW}, ${OLD}`));
  expect(rotated.open(before.sealed, before.keyId, "prov_1")).toBe("sk-secret");
  const after = rotated.seal("sk-secret", "prov_1");
  expect(after.keyId).not.toBe(before.keyId);
  expect(() => sealer.open(after.sealed, after.keyId, "prov_1")).toThrow(/no master key with id/);
});
