import { expect, test } from "vitest";
import { renderMail, type MailSite } from "@/lib/mail/render-mail";

const site: MailSite = {
  brandName: "Acme",
  publicUrl: "https://gateway.example",
  disconnectToken: (id) => `token-of-${id}`,
  linkSecret: ({ linkId }) => `secret-of-${linkId}`,
  supportEmail: "help@example.com",
};

test("what a customer typed stays text in the HTML and on one line in the subject", () => {
  const payload = { laneId: "lane_1", label: '<b>"x"\r\nBcc: all@example.com', message: "a < b & c" };
  const mail = renderMail({ kind: "container_failed", payload }, site);
  expect(mail?.subject).toBe('The lane "<b>"x" Bcc: all@example.com" does not start');
  expect(mail?.html).not.toContain("<b>");
  expect(mail?.html).toContain("a &lt; b &amp; c");
});

test.each(["exhausted", "lost", "busy", "cannot"] as const)("a spill because of %s says why, who pays and how far it goes", (reason) => {
  const payload = { laneId: "lane_1", label: "Wallet", laneKind: "wallet", reason, requestsMax: 5000 } as const;
  const mail = renderMail({ kind: "lane_spill", payload }, site);
  expect(mail?.text).toMatch(/^\S.*\. So the lane "Wallet" took over, paid from your wallet\./);
  expect(mail?.text).toContain("at most 5000 requests a day");
  expect(mail?.text).toContain("https://gateway.example/dashboard/lanes/lane_1");
});

test("a ChatGPT account that somebody else wants is told with what its owner can do", () => {
  const mail = renderMail({ kind: "account_wanted", payload: { address: "me@example.com" } }, site);
  expect(mail?.subject).toBe("Somebody tried to connect ChatGPT account me@example.com to Acme");
  expect(mail?.text).toMatch(/it was refused.*change your ChatGPT password/s);
});

test("a kind that is not known renders nothing", () => {
  expect(renderMail({ kind: "newsletter", payload: {} }, site)).toBeNull();
  expect(renderMail({ kind: "toString", payload: {} }, site)).toBeNull();
});

test.each([
  ["verify_email", "/verify/secret-of-link_1"],
  ["reset_password", "/reset-password/secret-of-link_1"],
  ["change_email", "/change-email/secret-of-link_1"],
] as const)("the mail %s holds its link in text and HTML, says how long it works, and what to do when it was not you", (kind, path) => {
  const payload = { link: { linkId: "link_1", keyId: "k" }, hours: 24 };
  const mail = renderMail({ kind, payload }, site);
  expect(mail?.text).toContain(`https://gateway.example${path}\n`);
  expect(mail?.html).toContain(`href="https://gateway.example${path}"`);
  expect(mail?.text).toContain("24 hours");
  expect(mail?.text).toMatch(/Was it not you\? Then do nothing/);
});

test.each([
  "password_changed",
  "password_reset",
  "totp_on",
  "totp_off",
  "recovery_codes_renewed",
  "recovery_code_used",
  "email_change_asked",
] as const)("a change of security (%s) is told with a way to undo it and where help is", (event) => {
  const mail = renderMail({ kind: "security_changed", payload: { event, left: event === "recovery_code_used" ? 1 : null } }, site);
  expect(mail?.subject).toMatch(/\(Acme\)$/);
  expect(mail?.text).toContain("https://gateway.example/reset-password\n");
  expect(mail?.text).toContain("help@example.com");
  expect(mail?.text.includes("You have one left.")).toBe(event === "recovery_code_used");
});

test("whoever has lost the address is not sent to links that go to the other one, but to the operator", () => {
  const mail = renderMail({ kind: "security_changed", payload: { event: "email_changed", left: null } }, site);
  expect(mail?.text).not.toContain("/reset-password");
  expect(mail?.text).toContain("help@example.com");
  expect(mail?.text).toContain("https://gateway.example/docs/support\n");
});
