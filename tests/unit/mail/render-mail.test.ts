import { expect, test } from "vitest";
import { renderMail, type MailSite } from "@/lib/mail/render-mail";

const site: MailSite = { brandName: "Acme", publicUrl: "https://gateway.example", disconnectToken: (id) => `token-of-${id}` };

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
