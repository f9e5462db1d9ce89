import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { checkPort } from "@/workers/start/check-port";

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((fulfil) => server.listen({ host: "127.0.0.1", port: 0 }, fulfil));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a port that is taken is told with the command that uses another one", async () => {
  const port = await takenPort();
  await expect(checkPort("127.0.0.1", port)).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use by another program. Stop that one, or choose another port: PORT=${port + 1} npm start`,
  );
});

test("a host that is no address of this machine is told as such", async () => {
  await expect(checkPort("192.0.2.1", 3000)).rejects.toThrow("HOST is 192.0.2.1, which is no address of this machine");
});

test("a free port is left free", async () => {
  const port = await takenPort();
  await checkPort("127.0.0.2", port);
  await checkPort("127.0.0.2", port);
});
