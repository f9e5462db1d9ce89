import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { callbackify } from "node:util";
import { SMTPServer, type SMTPServerDataStream } from "smtp-server";

export type ReceivedMail = { to: string[]; headers: Record<string, string>; raw: string };

export type MailServer = {
  url: string;
  received: ReceivedMail[];
  /** What the next mails are answered with, one each; then they are taken. */
  refuse(...codes: number[]): void;
  /** Called with a mail that has arrived whole, before it is acknowledged. */
  onMail(hook: (mail: ReceivedMail) => Promise<void>): void;
  close(): Promise<void>;
};

/** A real SMTP server on loopback that keeps what it is sent. */
export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const refusals: number[] = [];
  let hook: (mail: ReceivedMail) => Promise<void> = async () => undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, session, callback) => {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      const take = async () => {
        const mail = await readMail(stream, recipients);
        const code = refusals.shift();
        if (code !== undefined) throw Object.assign(new Error("not now"), { responseCode: code });
        received.push(mail);
        await hook(mail);
      };
      callbackify(take)((error: Error | null) => callback(error));
    },
  });
  // A client that is killed breaks its connection.
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    refuse: (...codes) => void refusals.push(...codes),
    onMail: (next) => (hook = next),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function readMail(stream: SMTPServerDataStream, to: string[]): Promise<ReceivedMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks).toString("utf8");
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
  return { to, headers, raw };
}
