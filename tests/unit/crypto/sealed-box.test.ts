import { expect, test } from "vitest";
import { boxPublicKeyOf, newBoxKeyPair, openSealedBox, sealToPublicKey } from "@/lib/crypto/sealed-box";

const pair = newBoxKeyPair();
const seal = () => sealToPublicKey({ publicKey: pair.publicKey, plaintext: "sk-sy-secret", rowId: "key_1" });

test("what was sealed to a public key opens with its private key", () => {
  expect(openSealedBox({ privateKey: pair.privateKey, box: seal(), rowId: "key_1" })).toBe("sk-sy-secret");
});

test("another private key does not open it, and neither does the right one in another row", () => {
  expect(() => openSealedBox({ privateKey: newBoxKeyPair().privateKey, box: seal(), rowId: "key_1" })).toThrow();
  expect(() => openSealedBox({ privateKey: pair.privateKey, box: seal(), rowId: "key_2" })).toThrow();
});

test("no byte of a box can be changed unnoticed", () => {
  const box = seal();
  for (let index = 0; index < box.length; index++) {
    const changed = Buffer.from(box);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(() => openSealedBox({ privateKey: pair.privateKey, box: changed, rowId: "key_1" })).toThrow();
  }
});

test("the public half follows from the private half", () => {
  expect(boxPublicKeyOf(pair.privateKey)).toBe(pair.publicKey);
});

test("a box of an earlier release opens, and its public half is still the one that is stored", () => {
  const privateKey = "oOENIPRnBOJMqYUtOSkyeWJNbIvcgiuGfuoi3rrhqkE";
  const box = "TLYQii550D8kI9-g7Rua_QQd-u7kwPOBGde3RNMANQlzIjRcbUptBKOt3fgC3-W2lGtYqV6gRtIs0LkO";
  expect(boxPublicKeyOf(privateKey)).toBe("hIsMoymWaiFvjMMF_vU9HGz4RZbW0G5h75QFvfZ9_Bg");
  expect(openSealedBox({ privateKey, box: Buffer.from(box, "base64url"), rowId: "key_1" })).toBe("sk-sy-secret");
});
