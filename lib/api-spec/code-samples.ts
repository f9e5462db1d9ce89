import type { ApiOperation } from "@/lib/api-spec/operation";
import type { SetupTarget } from "@/lib/codex/setup-config";
import { setupLines } from "@/lib/codex/setup-lines";
import { quoteSh } from "@/lib/codex/setup-quote";

export type CodeSample = { lang: string; label: string; source: string };

/** The call in several languages. The key comes from the environment variable of this installation; none is ever written out. */
export function codeSamples(
  operation: ApiOperation,
  call: { address: string; params: Readonly<Record<string, string>>; body: Readonly<Record<string, unknown>> | null },
  target: SetupTarget,
): CodeSample[] {
  const samples = [
    { lang: "bash", label: "curl", source: curl(operation, call, target) },
    {
      lang: "python",
      label: "Python",
      source: operation.sdk ? pythonSdk(operation.sdk, call, target) : pythonPlain(operation, call, target),
    },
    {
      lang: "javascript",
      label: "Node",
      source: operation.sdk ? nodeSdk(operation.sdk, call, target) : nodePlain(operation, call, target),
    },
  ];
  if (operation.byCodex) {
    const { exportKey, smokeTest } = setupLines({ ...target, apiKey: null });
    samples.push({ lang: "bash", label: "Codex", source: `${exportKey}\n${smokeTest}` });
  }
  return samples;
}

type Call = Parameters<typeof codeSamples>[1];
type Sdk = NonNullable<ApiOperation["sdk"]>;

function curl({ method, access }: ApiOperation, { address, body }: Call, { keyEnvName }: SetupTarget): string {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quoteSh(address)}`];
  if (access !== "nobody") lines.push(`-H "authorization: Bearer $${keyEnvName}"`);
  if (body) lines.push(`-H 'content-type: application/json'`, `-d ${quoteSh(JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

function pythonSdk({ python, positional = [] }: Sdk, { params, body }: Call, { publicUrl, keyEnvName }: SetupTarget): string {
  const given = [
    ...positional.map((name) => JSON.stringify(params[name])),
    ...Object.entries(body ?? {}).map(([name, value]) => `${name}=${pythonLiteral(value)}`),
  ];
  return `import os
from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(`${publicUrl}/v1`)},
    api_key=os.environ[${JSON.stringify(keyEnvName)}],
)
print(client.${python}(${given.join(", ")}))`;
}

function nodeSdk({ node, positional = [] }: Sdk, { params, body }: Call, { publicUrl, keyEnvName }: SetupTarget): string {
  const given = [...positional.map((name) => JSON.stringify(params[name])), ...(body ? [nodeLiteral(body)] : [])];
  return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${JSON.stringify(`${publicUrl}/v1`)},
  apiKey: process.env.${keyEnvName},
});
console.log(await client.${node}(${given.join(", ")}));`;
}

/** Python's own library: nothing to install. */
function pythonPlain({ method, access }: ApiOperation, { address, body }: Call, { keyEnvName }: SetupTarget): string {
  const headers = [
    ...(access === "nobody" ? [] : [`"authorization": "Bearer " + os.environ[${JSON.stringify(keyEnvName)}]`]),
    ...(body ? [`"content-type": "application/json"`] : []),
  ];
  const lines = [
    `    ${JSON.stringify(address)},`,
    ...(headers.length > 0 ? [`    headers={${headers.join(", ")}},`] : []),
    ...(body ? [`    data=json.dumps(${pythonLiteral(body)}).encode(),`] : []),
    ...(method === "get" ? [] : [`    method=${JSON.stringify(method.toUpperCase())},`]),
  ];
  const modules = [...(body ? ["json"] : []), ...(access === "nobody" ? [] : ["os"]), "urllib.request"];
  return `${modules.map((name) => `import ${name}`).join("\n")}

request = urllib.request.Request(
${lines.join("\n")}
)
print(urllib.request.urlopen(request).read().decode())`;
}

function nodePlain({ method, access }: ApiOperation, { address, body }: Call, { keyEnvName }: SetupTarget): string {
  const headers = [
    ...(access === "nobody" ? [] : [`authorization: \`Bearer \${process.env.${keyEnvName}}\``]),
    ...(body ? [`"content-type": "application/json"`] : []),
  ];
  const lines = [
    ...(method === "get" ? [] : [`  method: ${JSON.stringify(method.toUpperCase())},`]),
    ...(headers.length > 0 ? [`  headers: { ${headers.join(", ")} },`] : []),
    ...(body ? [`  body: JSON.stringify(${nodeLiteral(body)}),`] : []),
  ];
  const options = lines.length > 0 ? `, {\n${lines.join("\n")}\n}` : "";
  return `const answer = await fetch(${JSON.stringify(address)}${options});
console.log(await answer.text());`;
}

function pythonLiteral(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}: ${pythonLiteral(member)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}

function nodeLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(nodeLiteral).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}: ${nodeLiteral(member)}`)
      .join(", ")} }`;
  }
  return JSON.stringify(value);
}
