import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";

/** The floor: node:http in front, undici behind, bytes passed on and nothing looked at. */
const upstream = process.argv[2] ?? "";
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (req, res) => {
  void forward().catch(() => res.destroy());

  async function forward(): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const answer = await agent.request({
      origin: upstream,
      path: req.url ?? "/",
      method: "POST",
      headers: { "content-type": "application/json", authorization: req.headers.authorization ?? "" },
      body: Buffer.concat(chunks),
    });
    const length = answer.headers["content-length"];
    res.writeHead(answer.statusCode, {
      "content-type": String(answer.headers["content-type"]),
      ...(length === undefined ? {} : { "content-length": String(length) }),
    });
    for await (const chunk of answer.body) res.write(chunk);
    res.end();
  }
});

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
